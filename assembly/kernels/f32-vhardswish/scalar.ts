/** @file x · clamp(x / 6 + 1/2, 0, 1), elementwise; core/float32.ts to the bit. */

import { hardSwish32 } from "../../exp";

export function f32_vhardswish__scalar(
  x: usize, y: usize, rows: i32, n: i32, xRow: i32, yRow: i32,
): void {
  for (; rows > 0; rows--) {
    for (let i: usize = 0; i < <usize>n << 2; i += 4) {
      store<f32>(y + i, hardSwish32(load<f32>(x + i)));
    }
    x += xRow;
    y += yRow;
  }
}
