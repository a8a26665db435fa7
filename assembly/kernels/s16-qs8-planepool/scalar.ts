/**
 * @file The requantised sum of each channel plane.
 *
 * acc = bias + Σ x, then core/requantize.ts with one multiplier.
 * `p` → i32 bias, shift, multiplier, zeroPoint, min, max
 */

import { shiftToInt16 } from "../../requantize";

export function s16_qs8_planepool__scalar(
  x: usize, y: usize, p: usize, planes: i32, rows: i32, cols: i32, xPlane: i32, xRow: i32,
  yPlane: i32,
): void {
  const shift = load<i32>(p, 4), multiplier = load<i32>(p, 8);
  const zeroPoint = load<i32>(p, 12), lo = load<i32>(p, 16), hi = load<i32>(p, 20);
  for (; planes > 0; planes--) {
    let acc = load<i32>(p);
    for (let row = 0; row < rows; row++) {
      for (let col = 0; col < cols; col++) acc += load<i16>(x + <usize>(row * xRow + col * 2));
    }
    const q = zeroPoint + ((shiftToInt16(acc, shift) * multiplier + 16384) >> 15);
    store<i8>(y, <i8>min<i32>(max<i32>(q, lo), hi));
    x += xPlane;
    y += yPlane;
  }
}
