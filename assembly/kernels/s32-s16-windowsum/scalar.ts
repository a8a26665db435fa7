/**
 * @file y[pixel] = sat16((Σ x over the taps of a window) ⊕ shift).
 *
 * `table` → i32[taps]: byte offset of each tap from its window's start.
 * Ranges    the sums fit 32 bits
 */

import { shiftToInt16 } from "../../requantize";

export function s32_s16_windowsum__scalar(
  x: usize, y: usize, table: usize, taps: i32, rows: i32, cols: i32, xRow: i32, xCol: i32,
  yRow: i32, shift: i32,
): void {
  for (; rows > 0; rows--) {
    let window = x;
    for (let col = 0; col < cols; col++) {
      let sum = 0;
      for (let tap = 0; tap < taps; tap++) {
        sum += load<i32>(window + load<i32>(table + (<usize>tap << 2)));
      }
      store<i16>(y + (<usize>col << 1), <i16>shiftToInt16(sum, shift));
      window += xCol;
    }
    x += xRow;
    y += yRow;
  }
}
