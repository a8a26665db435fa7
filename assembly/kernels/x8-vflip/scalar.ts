/** @file y = x ^ 0x80 on bytes: a u8 as the i8 that is 128 less, or back. */

export function x8_vflip__scalar(
  x: usize, y: usize, rows: i32, n: i32, xRow: i32, yRow: i32,
): void {
  for (; rows > 0; rows--) {
    for (let i: usize = 0; i < <usize>n; i++) store<u8>(y + i, load<u8>(x + i) ^ 0x80);
    x += xRow;
    y += yRow;
  }
}
