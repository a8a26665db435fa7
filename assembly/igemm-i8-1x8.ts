/**
 * @file The int8 product with int8 weights for one output pixel at a time: 8 channels, 8 k at once.
 *
 * Lanes are k, so eight neighbours of x serve as they lie; the lanes of a sum
 * are added at the end.
 *
 * Layout    w: panels of 8 channels; per 8 k 64 bytes, 8 of each channel
 */

import { zeroOf } from "./clamp";
import { finishPixelI32 } from "./finish-i32";
import { DEQUANT, HEADER_BYTES, MIN, tableBytes } from "./layout";
import { sumLanes4 } from "./pairs";
import { nextColumn, nextPixel, wrapStep } from "./pixels";

const NR = 8;
const KR = 8;
const BLOCK_BYTES = 64;

/** `epilogue` is REQUANT or DEQUANT. */
@inline
export function igemmI8x1x8(
  epilogue: i32, x: usize, w: usize, p: usize, y: usize, table: usize, segments: i32, length: i32,
  rows: i32, cols: i32, xRow: i32, xCol: i32, yRow: i32, yCol: i32, n: i32,
): void {
  const xWrap = wrapStep(cols, xRow, xCol);
  const yWrap = wrapStep(cols, yRow, yCol);
  const depth = (length + KR - 1) & -KR;
  const bias = p + HEADER_BYTES;
  const factors = bias + tableBytes(n, NR);
  const zero = zeroOf(epilogue == DEQUANT ? load<f32>(p, MIN) : 0);
  for (let c = 0; c < n; c += NR) {
    let x0 = x, y0 = y, col = 0, wk = w;
    for (let left = rows * cols; left > 0; left--) {
      let acc0 = i32x4.splat(0), acc1 = acc0, acc2 = acc0, acc3 = acc0;
      let acc4 = acc0, acc5 = acc0, acc6 = acc0, acc7 = acc0;
      wk = w;
      for (let s = 0; s < segments; s++) {
        let a = x0 + load<i32>(table + (<usize>s << 2));
        for (const end = a + depth; a != end; a += KR) {
          const v = v128.load8x8_s(a);
          acc0 = i32x4.add(acc0, i32x4.dot_i16x8_s(v, v128.load8x8_s(wk)));
          acc1 = i32x4.add(acc1, i32x4.dot_i16x8_s(v, v128.load8x8_s(wk, 8)));
          acc2 = i32x4.add(acc2, i32x4.dot_i16x8_s(v, v128.load8x8_s(wk, 16)));
          acc3 = i32x4.add(acc3, i32x4.dot_i16x8_s(v, v128.load8x8_s(wk, 24)));
          acc4 = i32x4.add(acc4, i32x4.dot_i16x8_s(v, v128.load8x8_s(wk, 32)));
          acc5 = i32x4.add(acc5, i32x4.dot_i16x8_s(v, v128.load8x8_s(wk, 40)));
          acc6 = i32x4.add(acc6, i32x4.dot_i16x8_s(v, v128.load8x8_s(wk, 48)));
          acc7 = i32x4.add(acc7, i32x4.dot_i16x8_s(v, v128.load8x8_s(wk, 56)));
          wk += BLOCK_BYTES;
        }
      }
      const low = sumLanes4(acc0, acc1, acc2, acc3), high = sumLanes4(acc4, acc5, acc6, acc7);
      finishPixelI32(epilogue, y0, low, high, c, n - c, bias, factors, p, zero);
      col = nextColumn(col, cols);
      x0 = nextPixel(x0, col, xCol, xWrap);
      y0 = nextPixel(y0, col, yCol, yWrap);
    }
    w = wk;
  }
}
