/**
 * @file The requantised sum of each channel plane: lanes are columns. See scalar.ts.
 *
 * Requires  x holds values within −128…127
 */

import { shiftToInt16 } from "../../requantize";

/** Rows of 8 bits whose sum is certain to fit 16. */
const MOST_ROWS: i32 = 255;

/** Sums of eight columns, in pairs. */
@inline
function sumRows(x: usize, rows: i32, xRow: usize): v128 {
  let sums = i32x4.splat(0);
  for (; rows > 0; rows -= MOST_ROWS) {
    let narrow = i16x8.splat(0);
    for (let left = min<i32>(rows, MOST_ROWS); left > 0; left--) {
      narrow = i16x8.add(narrow, v128.load(x));
      x += xRow;
    }
    sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_s(narrow));
  }
  return sums;
}

@inline
function sumLanes(v: v128): i32 {
  const halves = i32x4.add(v, i32x4.shuffle(v, v, 2, 3, 0, 1));
  return i32x4.extract_lane(halves, 0) + i32x4.extract_lane(halves, 1);
}

export function s16_qs8_planepool__simd128(
  x: usize, y: usize, p: usize, planes: i32, rows: i32, cols: i32, xPlane: i32, xRow: i32,
  yPlane: i32,
): void {
  const shift = load<i32>(p, 4), multiplier = load<i32>(p, 8);
  const zeroPoint = load<i32>(p, 12), lo = load<i32>(p, 16), hi = load<i32>(p, 20);
  for (; planes > 0; planes--) {
    let acc = load<i32>(p);
    let sums = i32x4.splat(0);
    let column = x;
    let left = cols;
    for (; left >= 8; left -= 8) {
      sums = i32x4.add(sums, sumRows(column, rows, xRow));
      column += 16;
    }
    for (; left > 0; left--) {
      for (let row = 0; row < rows; row++) acc += load<i16>(column + <usize>(row * xRow));
      column += 2;
    }
    acc += sumLanes(sums);
    const q = zeroPoint + ((shiftToInt16(acc, shift) * multiplier + 16384) >> 15);
    store<i8>(y, <i8>min<i32>(max<i32>(q, lo), hi));
    x += xPlane;
    y += yPlane;
  }
}
