/** @file min(max(x, lo), hi) on i8, elementwise. */

export function s8_vclamp__scalar(
  x: usize, y: usize, rows: i32, n: i32, xRow: i32, yRow: i32, lo: i32, hi: i32,
): void {
  for (; rows > 0; rows--) {
    for (let i: usize = 0; i < <usize>n; i++) {
      store<i8>(y + i, <i8>min<i32>(max<i32>(load<i8>(x + i), lo), hi));
    }
    x += xRow;
    y += yRow;
  }
}
