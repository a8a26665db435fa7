/**
 * @file Sums of lines: lanes are elements of a line. See scalar.ts. The last
 * vector of a line covers part of the one before, so that none reads beyond.
 *
 * Requires  n >= 8; x holds values within −128…127
 */

/** Lines of 8 bits whose sum is certain to fit 16. */
const MOST_LINES: i32 = 255;

export function s16_s32_linesum__simd128(
  x: usize, y: usize, rows: i32, n: i32, lines: i32, xRow: i32, xLine: i32,
): void {
  for (; rows > 0; rows--) {
    for (let i = 0; i < n; i += 8) {
      const first = <usize>min<i32>(i, n - 8);
      let low = i32x4.splat(0), high = low;
      let at = x + (first << 1);
      for (let left = lines; left > 0; left -= MOST_LINES) {
        let narrow = i16x8.splat(0);
        for (let line = min<i32>(left, MOST_LINES); line > 0; line--) {
          narrow = i16x8.add(narrow, v128.load(at));
          at += xLine;
        }
        low = i32x4.add(low, i32x4.extend_low_i16x8_s(narrow));
        high = i32x4.add(high, i32x4.extend_high_i16x8_s(narrow));
      }
      const sums = y + (first << 2);
      v128.store(sums, low);
      v128.store(sums, high, 16);
    }
    y += <usize>n << 2;
    x += xRow;
  }
}
