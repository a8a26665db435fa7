/** @file The sum of two int8 tensors, eight elements at once. See scalar.ts. */

import { finish8 } from "../../requantize";
import { storeBytes8 } from "../../store";

@inline
function rescale(x: usize, zeroPoint: v128, multiplier: v128): v128 {
  return i16x8.q15mulr_sat_s(i16x8.shl(i16x8.sub(v128.load8x8_s(x), zeroPoint), 7), multiplier);
}

export function qs8_vadd__simd128(
  a: usize, b: usize, y: usize, rows: i32, n: i32, aRow: i32, bRow: i32, yRow: i32, p: usize,
): void {
  const bits = load<i32>(p), half = i16x8.splat(<i16>(<i32>1 << (bits - 1)));
  const ma = v128.load16_splat(p, 4), mb = v128.load16_splat(p, 8);
  const za = v128.load16_splat(p, 12), zb = v128.load16_splat(p, 16);
  for (; rows > 0; rows--) {
    let i: usize = 0;
    for (let left = n; left > 0; left -= 8) {
      const sum = i16x8.add_sat_s(rescale(a + i, za, ma), rescale(b + i, zb, mb));
      const q = finish8(i16x8.shr_s(i16x8.add_sat_s(sum, half), bits), p + 20);
      storeBytes8(y + i, i64x2.extract_lane(i8x16.narrow_i16x8_s(q, q), 0), left);
      i += 8;
    }
    a += aRow;
    b += bRow;
    y += yRow;
  }
}
