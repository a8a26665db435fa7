/** @file y = table[(x + bias) & 255] on bytes: any function of 8 bits. `table` has 256 bytes. */

export function x8_vlookup__scalar(
  x: usize, y: usize, rows: i32, n: i32, xRow: i32, yRow: i32, table: usize, bias: i32,
): void {
  for (; rows > 0; rows--) {
    for (let i: usize = 0; i < <usize>n; i++) {
      store<u8>(y + i, load<u8>(table + ((<i32>load<u8>(x + i) + bias) & 255)));
    }
    x += xRow;
    y += yRow;
  }
}
