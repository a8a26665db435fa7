/** @file y[row][i] = Σ over lines of x[row][line][i]; y is dense. */

export function s16_s32_linesum__scalar(
  x: usize, y: usize, rows: i32, n: i32, lines: i32, xRow: i32, xLine: i32,
): void {
  for (; rows > 0; rows--) {
    for (let i = 0; i < n; i++) {
      let sum = 0;
      let at = x + (<usize>i << 1);
      for (let line = 0; line < lines; line++) {
        sum += load<i16>(at);
        at += xLine;
      }
      store<i32>(y, sum);
      y += 4;
    }
    x += xRow;
  }
}
