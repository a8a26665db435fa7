/** @file Sets `bytes` bytes of each row to the low byte of `value`. */

export function x8_fill__scalar(y: usize, rows: i32, bytes: i32, yRow: i32, value: i32): void {
  for (; rows > 0; rows--) {
    for (let i: usize = 0; i < <usize>bytes; i++) store<u8>(y + i, <u8>value);
    y += yRow;
  }
}
