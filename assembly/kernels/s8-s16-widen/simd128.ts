/**
 * @file Bytes as i16 over four dimensions, eight at once where the results are
 * neighbours and the bytes are too, or are every second one: see scalar.ts.
 */

import { storeBytes16 } from "../../store";

/** The low bytes of all lanes, sign extended. */
@inline
function lowBytes(v: v128): v128 {
  return i16x8.shr_s(i16x8.shl(v, 8), 8);
}

export function s8_s16_widen__simd128(
  x: usize, y: usize, d0: i32, d1: i32, d2: i32, d3: i32, x0: i32, x1: i32, x2: i32, x3: i32,
  y0: i32, y1: i32, y2: i32, y3: i32,
): void {
  const dense = y3 == 2 && x3 == 1, second = y3 == 2 && x3 == 2;
  for (let i = 0; i < d0; i++) {
    for (let j = 0; j < d1; j++) {
      for (let k = 0; k < d2; k++) {
        let a = x + <usize>(i * x0 + j * x1 + k * x2);
        let b = y + <usize>(i * y0 + j * y1 + k * y2);
        if (dense) {
          let left = d3;
          for (; left >= 8; left -= 8) {
            v128.store(b, v128.load8x8_s(a));
            a += 8;
            b += 16;
          }
          if (left) storeBytes16(b, v128.load8x8_s(a), left << 1);
        } else if (second) {
          let left = d3;
          for (; left >= 8; left -= 8) {
            v128.store(b, lowBytes(v128.load(a)));
            a += 16;
            b += 16;
          }
          if (left) storeBytes16(b, lowBytes(v128.load(a)), left << 1);
        } else {
          for (let left = d3; left > 0; left--) {
            store<i16>(b, <i16>load<i8>(a));
            a += x3;
            b += y3;
          }
        }
      }
    }
  }
}
