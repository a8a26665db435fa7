/**
 * @file The low bytes of i16 over four dimensions, eight at once where both
 * sides are neighbours: see scalar.ts.
 *
 * Requires  x holds values within −128…127
 */

import { storeBytes8 } from "../../store";

@inline
function lowBytes(v: v128): i64 {
  return i64x2.extract_lane(i8x16.narrow_i16x8_s(v, v), 0);
}

export function s16_s8_narrow__simd128(
  x: usize, y: usize, d0: i32, d1: i32, d2: i32, d3: i32, x0: i32, x1: i32, x2: i32, x3: i32,
  y0: i32, y1: i32, y2: i32, y3: i32,
): void {
  const dense = x3 == 2 && y3 == 1;
  for (let i = 0; i < d0; i++) {
    for (let j = 0; j < d1; j++) {
      for (let k = 0; k < d2; k++) {
        let a = x + <usize>(i * x0 + j * x1 + k * x2);
        let b = y + <usize>(i * y0 + j * y1 + k * y2);
        if (dense) {
          let left = d3;
          for (; left >= 8; left -= 8) {
            store<i64>(b, lowBytes(v128.load(a)));
            a += 16;
            b += 8;
          }
          if (left) storeBytes8(b, lowBytes(v128.load(a)), left);
        } else {
          for (let left = d3; left > 0; left--) {
            store<u8>(b, load<u8>(a));
            a += x3;
            b += y3;
          }
        }
      }
    }
  }
}
