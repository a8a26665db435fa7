/** @file Sets `bytes` bytes of each row to the low byte of `value`, sixteen at once. */

import { storeBytes16 } from "../../store";

export function x8_fill__simd128(y: usize, rows: i32, bytes: i32, yRow: i32, value: i32): void {
  const v = i8x16.splat(<i8>value);
  for (; rows > 0; rows--) {
    let b = y;
    for (let left = bytes; left > 0; left -= 16) {
      storeBytes16(b, v, left);
      b += 16;
    }
    y += yRow;
  }
}
