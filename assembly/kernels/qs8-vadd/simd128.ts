/** @file The sum of two int8 tensors, sixteen elements at once. See scalar.ts. */

import { multiplyQ15 } from "../../requantize";
import { storeBytes16 } from "../../store";

/** The lanes of `x`, i16, less the zero point and times the multiplier. */
@inline
function rescale(x: v128, zeroPoint: v128, multiplier: v128): v128 {
  return multiplyQ15(i16x8.shl(i16x8.sub(x, zeroPoint), 7), multiplier);
}

/** Eight sums, rounded off. */
@inline
function finish(sum: v128, half: v128, bits: i32, zeroPoint: v128): v128 {
  return i16x8.add_sat_s(i16x8.shr_s(i16x8.add_sat_s(sum, half), bits), zeroPoint);
}

export function qs8_vadd__simd128(
  a: usize, b: usize, y: usize, rows: i32, n: i32, aRow: i32, bRow: i32, yRow: i32, p: usize,
): void {
  const bits = load<i32>(p), half = i16x8.splat(<i16>(<i32>1 << (bits - 1)));
  const ma = v128.load16_splat(p, 4), mb = v128.load16_splat(p, 8);
  const za = v128.load16_splat(p, 12), zb = v128.load16_splat(p, 16);
  const zeroPoint = v128.load16_splat(p, 20);
  const least = v128.load8_splat(p, 24), most = v128.load8_splat(p, 28);
  for (; rows > 0; rows--) {
    let i: usize = 0;
    for (let left = n; left > 0; left -= 16) {
      const va = v128.load(a + i), vb = v128.load(b + i);
      const low = i16x8.add_sat_s(
        rescale(i16x8.extend_low_i8x16_s(va), za, ma), rescale(i16x8.extend_low_i8x16_s(vb), zb, mb),
      );
      const high = i16x8.add_sat_s(
        rescale(i16x8.extend_high_i8x16_s(va), za, ma),
        rescale(i16x8.extend_high_i8x16_s(vb), zb, mb),
      );
      const q = i8x16.narrow_i16x8_s(
        finish(low, half, bits, zeroPoint), finish(high, half, bits, zeroPoint),
      );
      storeBytes16(y + i, i8x16.min_s(i8x16.max_s(q, least), most), left);
      i += 16;
    }
    a += aRow;
    b += bRow;
    y += yRow;
  }
}
