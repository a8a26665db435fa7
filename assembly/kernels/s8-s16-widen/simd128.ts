/**
 * @file Bytes as i16 over four dimensions, eight at once where the results are
 * neighbours and the bytes are too, or are every second, third or sixth one, as
 * of an image with three channels: see scalar.ts.
 */

import { storeBytes16 } from "../../store";

/** The low bytes of all lanes, sign extended. */
@inline
function lowBytes(v: v128): v128 {
  return i16x8.shr_s(i16x8.shl(v, 8), 8);
}

/** Every third byte from `a` on: what is read ends 2 bytes behind the last. */
@inline
function everyThird(a: usize): v128 {
  const v = v128.shuffle<i8>(
    v128.load(a), v128.load64_zero(a, 16), 0, 0, 0, 3, 0, 6, 0, 9, 0, 12, 0, 15, 0, 18, 0, 21,
  );
  return i16x8.shr_s(v, 8);
}

/** Every sixth byte from `a` on: what is read ends 5 bytes behind the last. */
@inline
function everySixth(a: usize): v128 {
  const six = v128.shuffle<i8>(
    v128.load(a), v128.load(a, 16), 0, 0, 0, 6, 0, 12, 0, 18, 0, 24, 0, 30, 0, 0, 0, 0,
  );
  const v = v128.shuffle<i8>(six, v128.load(a, 32), 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0, 20, 0, 26);
  return i16x8.shr_s(v, 8);
}

export function s8_s16_widen__simd128(
  x: usize, y: usize, d0: i32, d1: i32, d2: i32, d3: i32, x0: i32, x1: i32, x2: i32, x3: i32,
  y0: i32, y1: i32, y2: i32, y3: i32,
): void {
  const dense = y3 == 2 && x3 == 1, second = y3 == 2 && x3 == 2;
  const third = y3 == 2 && x3 == 3, sixth = y3 == 2 && x3 == 6;
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
          let left = d3;
          if (third || sixth) {
            for (; left >= 8; left -= 8) {
              v128.store(b, third ? everyThird(a) : everySixth(a));
              a += 8 * x3;
              b += 16;
            }
          }
          for (; left > 0; left--) {
            store<i16>(b, <i16>load<i8>(a));
            a += x3;
            b += y3;
          }
        }
      }
    }
  }
}
