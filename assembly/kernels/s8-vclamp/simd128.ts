/** @file min(max(x, lo), hi) on i8, sixteen elements at once. */

import { storeBytes16 } from "../../store";

export function s8_vclamp__simd128(
  x: usize, y: usize, rows: i32, n: i32, xRow: i32, yRow: i32, lo: i32, hi: i32,
): void {
  const least = i8x16.splat(<i8>lo), most = i8x16.splat(<i8>hi);
  for (; rows > 0; rows--) {
    let i: usize = 0;
    for (let left = n; left > 0; left -= 16) {
      storeBytes16(y + i, i8x16.min_s(i8x16.max_s(v128.load(x + i), least), most), left);
      i += 16;
    }
    x += xRow;
    y += yRow;
  }
}
