/**
 * @file Bytes as i16 over four dimensions, eight at once where the results are
 * neighbours and the bytes are at most six apart: see scalar.ts.
 */

import { storeBytes16 } from "../../store";

export function s8_s16_widen__simd128(
  x: usize, y: usize, d0: i32, d1: i32, d2: i32, d3: i32, x0: i32, x1: i32, x2: i32, x3: i32,
  y0: i32, y1: i32, y2: i32, y3: i32,
): void {
  const dense = y3 == 2 && x3 == 1, apart = y3 == 2 && x3 > 1 && x3 <= 6;
  // Upper bytes of lanes: places of bytes from a on. Lower ones: none, which is a byte of 0.
  const places = v128.or(
    i16x8.mul(i16x8(0, 256, 512, 768, 1024, 1280, 1536, 1792), i16x8.splat(<i16>x3)),
    i16x8.splat(255),
  );
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
        } else {
          let left = d3;
          if (apart) {
            // What is read ends at most 12 bytes behind the last that is wanted.
            for (; left >= 8; left -= 8) {
              let v = i8x16.swizzle(v128.load(a), places), rest = places;
              for (let read = 16; read <= 7 * x3; read += 16) {
                rest = i8x16.sub(rest, i8x16.splat(16));
                v = v128.or(v, i8x16.swizzle(v128.load(a + read), rest));
              }
              v128.store(b, i16x8.shr_s(v, 8));
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
