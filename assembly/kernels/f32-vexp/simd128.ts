/** @file e^x, x clamped so that the result is normal, four at once. See scalar.ts. */

import { exp32x4 } from "../../exp";
import { storeWords4 } from "../../store";

export function f32_vexp__simd128(
  x: usize, y: usize, rows: i32, n: i32, xRow: i32, yRow: i32,
): void {
  for (; rows > 0; rows--) {
    let i: usize = 0;
    for (let left = n; left > 0; left -= 4) {
      storeWords4(y + i, exp32x4(v128.load(x + i)), left);
      i += 16;
    }
    x += xRow;
    y += yRow;
  }
}
