/** @file y = x ^ 0x80 on bytes, sixteen at once. */

import { storeBytes16 } from "../../store";

export function x8_vflip__simd128(
  x: usize, y: usize, rows: i32, n: i32, xRow: i32, yRow: i32,
): void {
  const sign = i8x16.splat(-128);
  for (; rows > 0; rows--) {
    let a = x, b = y;
    let left = n;
    for (; left >= 16; left -= 16) {
      v128.store(b, v128.xor(v128.load(a), sign));
      a += 16;
      b += 16;
    }
    if (left) storeBytes16(b, v128.xor(v128.load(a), sign), left);
    x += xRow;
    y += yRow;
  }
}
