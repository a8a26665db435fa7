/** @file The softmax of each row, four elements at once but for the sum. See scalar.ts. */

import { exp32x4 } from "../../exp";
import { storeWords4 } from "../../store";

export function f32_vsoftmax__simd128(
  x: usize, y: usize, rows: i32, n: i32, xRow: i32, yRow: i32,
): void {
  const bytes = <usize>n << 2;
  for (; rows > 0; rows--) {
    let largest = load<f32>(x);
    for (let i: usize = 4; i < bytes; i += 4) largest = max<f32>(largest, load<f32>(x + i));
    const offset = f32x4.splat(largest);
    let at: usize = 0;
    for (let left = n; left > 0; left -= 4) {
      storeWords4(y + at, exp32x4(f32x4.sub(v128.load(x + at), offset)), left);
      at += 16;
    }
    let sum: f32 = 0;
    for (let i: usize = 0; i < bytes; i += 4) sum += load<f32>(y + i);
    const divisor = f32x4.splat(sum);
    at = 0;
    for (let left = n; left > 0; left -= 4) {
      storeWords4(y + at, f32x4.div(v128.load(y + at), divisor), left);
      at += 16;
    }
    x += xRow;
    y += yRow;
  }
}
