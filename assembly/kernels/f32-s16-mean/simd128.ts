/** @file Ends a layer with a mean term: lanes are channels. See scalar.ts. */

import { zeroOf } from "../../clamp";
import { dequantizePixel } from "../../finish-i32";
import { HEADER_BYTES, MIN } from "../../layout";
import { factorsAt, halfOf, meanBehindMultipliers, meanBehindScales } from "../../mean-layout";
import { requantize8 } from "../../requantize";
import { storeBytes8 } from "../../store";

/** x + mean term of four channels, given the products t·mean. */
@inline
function withMean(x: usize, product: v128, half: v128, fraction: i32): v128 {
  const term = i32x4.shr_s(i32x4.add(product, half), fraction);
  return i32x4.add(i32x4.trunc_sat_f32x4_s(v128.load(x)), term);
}

export function f32_s16_mean_requant__simd128(
  x: usize, t: usize, p: usize, y: usize, rows: i32, cols: i32, xRow: i32, xCol: i32, tRow: i32,
  yRow: i32, yCol: i32, n: i32,
): void {
  const bias = p + HEADER_BYTES, multipliers = factorsAt(p, n);
  const mean = meanBehindMultipliers(p, n), fraction = load<i32>(mean);
  const half = i32x4.splat(halfOf(fraction));
  for (; rows > 0; rows--) {
    let x0 = x, y0 = y;
    for (let col = 0; col < cols; col++) {
      const sum = v128.load16_splat(t + (<usize>col << 1));
      for (let c = 0; c < n; c += 8) {
        const words = <usize>c << 2, shorts = <usize>c << 1;
        const means = v128.load(mean + shorts, 16);
        const low = withMean(x0 + words, i32x4.extmul_low_i16x8_s(sum, means), half, fraction);
        let high = low;
        if (n - c > 4) {
          const product = i32x4.extmul_high_i16x8_s(sum, means);
          high = withMean(x0 + words + 16, product, half, fraction);
        }
        const q = requantize8(low, high, bias + words, multipliers + shorts, p);
        storeBytes8(y0 + c, i64x2.extract_lane(i8x16.narrow_i16x8_s(q, q), 0), n - c);
      }
      x0 += xCol;
      y0 += yCol;
    }
    x += xRow;
    t += tRow;
    y += yRow;
  }
}

export function f32_s16_mean_dequant__simd128(
  x: usize, t: usize, p: usize, y: usize, rows: i32, cols: i32, xRow: i32, xCol: i32, tRow: i32,
  yRow: i32, yCol: i32, n: i32,
): void {
  const bias = p + HEADER_BYTES, scales = factorsAt(p, n);
  const mean = meanBehindScales(p, n), fraction = load<i32>(mean);
  const half = i32x4.splat(halfOf(fraction));
  const zero = zeroOf(load<f32>(p, MIN));
  for (; rows > 0; rows--) {
    let x0 = x, y0 = y;
    for (let col = 0; col < cols; col++) {
      const sum = v128.load16_splat(t + (<usize>col << 1));
      for (let c = 0; c < n; c += 8) {
        const words = <usize>c << 2;
        const means = v128.load(mean + (<usize>c << 1), 16);
        const low = withMean(x0 + words, i32x4.extmul_low_i16x8_s(sum, means), half, fraction);
        let high = low;
        if (n - c > 4) {
          const product = i32x4.extmul_high_i16x8_s(sum, means);
          high = withMean(x0 + words + 16, product, half, fraction);
        }
        dequantizePixel(y0 + words, low, high, n - c, bias + words, scales + words, p, zero);
      }
      x0 += xCol;
      y0 += yCol;
    }
    x += xRow;
    t += tRow;
    y += yRow;
  }
}
