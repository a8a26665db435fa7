/** @file min(max(x, lo), hi), elementwise. NaN stays NaN. */

export function f32_vclamp__scalar(
  x: usize, y: usize, rows: i32, n: i32, xRow: i32, yRow: i32, lo: f32, hi: f32,
): void {
  for (; rows > 0; rows--) {
    for (let i: usize = 0; i < <usize>n << 2; i += 4) {
      store<f32>(y + i, min<f32>(max<f32>(load<f32>(x + i), lo), hi));
    }
    x += xRow;
    y += yRow;
  }
}
