/** @file min(max(x, lo), hi), four elements at once. Requires lo and hi not −0. */

import { clampF32x4, zeroOf } from "../../clamp";
import { storeWords4 } from "../../store";

export function f32_vclamp__simd128(
  x: usize, y: usize, rows: i32, n: i32, xRow: i32, yRow: i32, lo: f32, hi: f32,
): void {
  const least = f32x4.splat(lo), most = f32x4.splat(hi), zero = zeroOf(lo);
  for (; rows > 0; rows--) {
    let i: usize = 0;
    for (let left = n; left > 0; left -= 4) {
      storeWords4(y + i, clampF32x4(v128.load(x + i), least, most, zero), left);
      i += 16;
    }
    x += xRow;
    y += yRow;
  }
}
