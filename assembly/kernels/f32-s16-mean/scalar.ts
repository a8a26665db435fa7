/**
 * @file Ends a layer with a mean term: x are its sums, whole numbers in f32.
 *
 *     acc = x + ((t·mean[c] + 2^(f−1)) >> f) + bias[c]
 *
 * then core/requantize.ts, or a scale and a clamp. t is the window's sum, one
 * per pixel. `p` is a `requant` or `dequant` block with what mean-layout.ts adds.
 *
 * Ranges    |x| ≤ 2^24; acc fits 32 bits
 */

import { clampF32 } from "../../clamp";
import { HEADER_BYTES } from "../../layout";
import { factorsAt, halfOf, meanBehindMultipliers, meanBehindScales } from "../../mean-layout";
import { requantize } from "../../requantize";

/** The accumulator of channel `c`; `mean` is the part of the block with the means. */
@inline
function accumulator(x: usize, t: i32, c: i32, p: usize, mean: usize): i32 {
  const fraction = load<i32>(mean);
  const term = (t * load<i16>(mean + (<usize>c << 1), 16) + halfOf(fraction)) >> fraction;
  return <i32>load<f32>(x + (<usize>c << 2)) + term + load<i32>(p + (<usize>c << 2), HEADER_BYTES);
}

export function f32_s16_mean_requant__scalar(
  x: usize, t: usize, p: usize, y: usize, rows: i32, cols: i32, xRow: i32, xCol: i32, tRow: i32,
  yRow: i32, yCol: i32, n: i32,
): void {
  const multipliers = factorsAt(p, n), mean = meanBehindMultipliers(p, n);
  for (; rows > 0; rows--) {
    let x0 = x, y0 = y;
    for (let col = 0; col < cols; col++) {
      const sum = <i32>load<i16>(t + (<usize>col << 1));
      for (let c = 0; c < n; c++) {
        const acc = accumulator(x0, sum, c, p, mean);
        store<i8>(y0 + c, <i8>requantize(acc, load<i16>(multipliers + (<usize>c << 1)), p));
      }
      x0 += xCol;
      y0 += yCol;
    }
    x += xRow;
    t += tRow;
    y += yRow;
  }
}

export function f32_s16_mean_dequant__scalar(
  x: usize, t: usize, p: usize, y: usize, rows: i32, cols: i32, xRow: i32, xCol: i32, tRow: i32,
  yRow: i32, yCol: i32, n: i32,
): void {
  const scales = factorsAt(p, n), mean = meanBehindScales(p, n);
  for (; rows > 0; rows--) {
    let x0 = x, y0 = y;
    for (let col = 0; col < cols; col++) {
      const sum = <i32>load<i16>(t + (<usize>col << 1));
      for (let c = 0; c < n; c++) {
        const at = <usize>c << 2;
        const acc = <f32>accumulator(x0, sum, c, p, mean);
        store<f32>(y0 + at, clampF32(acc * load<f32>(scales + at), p));
      }
      x0 += xCol;
      y0 += yCol;
    }
    x += xRow;
    t += tRow;
    y += yRow;
  }
}
