/**
 * @file The requantised sum of each channel plane: lanes are columns, then four planes. See scalar.ts.
 *
 * Requires  x holds values within −128…127
 */

import { sumLanes4 } from "../../pairs";
import { finish8, multiplyQ15, shiftToInt16x8 } from "../../requantize";

/** Rows of 8 bits whose sum is certain to fit 16. */
const MOST_ROWS: i32 = 255;

/** Fields of p, in bytes. */
const SHIFT: usize = 4;
const MULTIPLIER: usize = 8;
const ZERO_POINT: usize = 12;

/** Lanes from `first` on. */
@inline
function lanesFrom(first: i32): v128 {
  return i16x8.ge_s(i16x8(0, 1, 2, 3, 4, 5, 6, 7), i16x8.splat(<i16>first));
}

/** Four columns, and four from `apart` bytes on. */
@inline
function load4and4(x: usize, apart: usize): v128 {
  return v128.load64_lane(x + apart, v128.load64_zero(x), 1);
}

/** The sums of the lanes where `mask` is set, in pairs. */
@inline
function drain(sums: v128, narrow: v128, mask: v128): v128 {
  return i32x4.add(sums, i32x4.extadd_pairwise_i16x8_s(v128.and(narrow, mask)));
}

/** The sum of a plane of few columns, in one lane. */
function sumNarrow(x: usize, rows: i32, cols: i32, xRow: usize): v128 {
  let sum = 0;
  for (; rows > 0; rows--) {
    for (let col = 0; col < cols; col++) sum += load<i16>(x + <usize>(col << 1));
    x += xRow;
  }
  return i32x4.replace_lane(i32x4.splat(0), 0, sum);
}

export function s16_qs8_planepool__simd128(
  x: usize, y: usize, p: usize, planes: i32, rows: i32, cols: i32, xPlane: i32, xRow: i32,
  yPlane: i32,
): void {
  const shift = load<i32>(p, SHIFT);
  const bias = v128.load32_splat(p), multiplier = v128.load16_splat(p, MULTIPLIER);
  const none = i32x4.splat(0);
  // Nothing is read behind a row: its last columns come with some once more, which are masked.
  const isWhole = cols >= 8;
  const spare = isWhole ? -cols & 7 : 8 - cols;
  const apart: usize = <usize>(cols - 4) << 1;
  const lastMask = isWhole ? lanesFrom(spare) : v128.or(lanesFrom(4 + spare), v128.not(lanesFrom(4)));
  for (; planes > 0; planes -= 4) {
    // Where planes are fewer than four, the first is there again.
    const x1 = planes > 1 ? x + xPlane : x;
    const x2 = planes > 2 ? x + 2 * xPlane : x;
    const x3 = planes > 3 ? x + 3 * xPlane : x;
    let sum0 = none, sum1 = none, sum2 = none, sum3 = none;
    if (cols < 4) {
      sum0 = sumNarrow(x, rows, cols, xRow);
      sum1 = sumNarrow(x1, rows, cols, xRow);
      sum2 = sumNarrow(x2, rows, cols, xRow);
      sum3 = sumNarrow(x3, rows, cols, xRow);
    } else {
      for (let column = 0; column < cols; column += 8) {
        const isLast = column + 8 >= cols;
        const mask = isLast ? lastMask : lanesFrom(0);
        let at: usize = isWhole ? <usize>min<i32>(column, cols - 8) << 1 : 0;
        for (let left = rows; left > 0; left -= MOST_ROWS) {
          let narrow0 = none, narrow1 = none, narrow2 = none, narrow3 = none;
          for (let row = min<i32>(left, MOST_ROWS); row > 0; row--) {
            if (isWhole) {
              narrow0 = i16x8.add(narrow0, v128.load(x + at));
              narrow1 = i16x8.add(narrow1, v128.load(x1 + at));
              narrow2 = i16x8.add(narrow2, v128.load(x2 + at));
              narrow3 = i16x8.add(narrow3, v128.load(x3 + at));
            } else {
              narrow0 = i16x8.add(narrow0, load4and4(x + at, apart));
              narrow1 = i16x8.add(narrow1, load4and4(x1 + at, apart));
              narrow2 = i16x8.add(narrow2, load4and4(x2 + at, apart));
              narrow3 = i16x8.add(narrow3, load4and4(x3 + at, apart));
            }
            at += xRow;
          }
          sum0 = drain(sum0, narrow0, mask);
          sum1 = drain(sum1, narrow1, mask);
          sum2 = drain(sum2, narrow2, mask);
          sum3 = drain(sum3, narrow3, mask);
        }
      }
    }
    const sums = i32x4.add(sumLanes4(sum0, sum1, sum2, sum3), bias);
    const t = shiftToInt16x8(sums, sums, shift);
    const q = finish8(multiplyQ15(t, multiplier), p + ZERO_POINT);
    store<i8>(y, <i8>i16x8.extract_lane_s(q, 0));
    if (planes > 1) store<i8>(y + yPlane, <i8>i16x8.extract_lane_s(q, 1));
    if (planes > 2) store<i8>(y + 2 * yPlane, <i8>i16x8.extract_lane_s(q, 2));
    if (planes > 3) store<i8>(y + 3 * yPlane, <i8>i16x8.extract_lane_s(q, 3));
    x += 4 * xPlane;
    y += 4 * yPlane;
  }
}
