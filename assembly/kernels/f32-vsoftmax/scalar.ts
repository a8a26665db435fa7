/**
 * @file e^(x − max) / Σ e^(x − max) along each row.
 *
 * Order     the sum runs over i = 0 … n−1, each step rounded
 * Requires  n > 0, x finite
 */

import { exp32 } from "../../exp";

export function f32_vsoftmax__scalar(
  x: usize, y: usize, rows: i32, n: i32, xRow: i32, yRow: i32,
): void {
  const bytes = <usize>n << 2;
  for (; rows > 0; rows--) {
    let largest = load<f32>(x);
    for (let i: usize = 4; i < bytes; i += 4) largest = max<f32>(largest, load<f32>(x + i));
    let sum: f32 = 0;
    for (let i: usize = 0; i < bytes; i += 4) {
      const e = exp32(load<f32>(x + i) - largest);
      store<f32>(y + i, e);
      sum += e;
    }
    for (let i: usize = 0; i < bytes; i += 4) store<f32>(y + i, load<f32>(y + i) / sum);
    x += xRow;
    y += yRow;
  }
}
