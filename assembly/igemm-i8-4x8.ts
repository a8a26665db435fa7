/**
 * @file The int8 product with int8 weights: 4 output pixels by 8 channels, 4 k at once.
 *
 * Four neighbours of x are widened to (p0, p1, p0, p1), p being pairs of k; the
 * `swapped` packing gives lane j of vector s the pair (j + s) mod 2, so that
 * one exchange of pairs serves both vectors of four channels.
 *
 * Layout    w: panels of 8 channels; per 4 k 32 bytes: vectors (s, h) of 8
 * Ranges    a pair of products is at most 2 · 2^14; sums are 32-bit, wrapping
 * Registers 8 sums, 4 weights, 1 x, 1 product
 */

import { zeroOf } from "./clamp";
import { finishTile4 } from "./finish-tile";
import { DEQUANT, HEADER_BYTES, MIN, tableBytes } from "./layout";
import { nextColumn, nextPixel, wrapStep } from "./pixels";
import { loadPairs, swapPairs } from "./pairs";

const NR = 8;
const KR = 4;
const BLOCK_BYTES = 32;

/** `epilogue` is REQUANT or DEQUANT. */
@inline
export function igemmI8x4x8(
  epilogue: i32, x: usize, w: usize, p: usize, y: usize, table: usize, segments: i32, length: i32,
  rows: i32, cols: i32, xRow: i32, xCol: i32, yRow: i32, yCol: i32, n: i32,
): void {
  const xWrap = wrapStep(cols, xRow, xCol);
  const yWrap = wrapStep(cols, yRow, yCol);
  const depth = (length + KR - 1) & -KR;
  const panelBytes = segments * depth * NR;
  const bias = p + HEADER_BYTES;
  const factors = bias + tableBytes(n, NR);
  const zero = zeroOf(epilogue == DEQUANT ? load<f32>(p, MIN) : 0);
  for (let c = 0; c < n; c += NR) {
    let x0 = x, y0 = y, col = 0;
    for (let left = rows * cols; left > 0; left -= 4) {
      const col1 = nextColumn(col, cols), col2 = nextColumn(col1, cols);
      const col3 = nextColumn(col2, cols);
      const x1 = left > 1 ? nextPixel(x0, col1, xCol, xWrap) : x0;
      const y1 = left > 1 ? nextPixel(y0, col1, yCol, yWrap) : y0;
      const x2 = left > 2 ? nextPixel(x1, col2, xCol, xWrap) : x1;
      const y2 = left > 2 ? nextPixel(y1, col2, yCol, yWrap) : y1;
      const x3 = left > 3 ? nextPixel(x2, col3, xCol, xWrap) : x2;
      const y3 = left > 3 ? nextPixel(y2, col3, yCol, yWrap) : y2;
      let acc00 = i32x4.splat(0), acc01 = acc00, acc10 = acc00, acc11 = acc00;
      let acc20 = acc00, acc21 = acc00, acc30 = acc00, acc31 = acc00;
      let wk = w;
      for (let s = 0; s < segments; s++) {
        let k = <usize>load<i32>(table + (<usize>s << 2));
        const end = k + depth;
        for (; k != end; k += KR) {
          const w00 = v128.load8x8_s(wk), w01 = v128.load8x8_s(wk, 8);
          const w10 = v128.load8x8_s(wk, 16), w11 = v128.load8x8_s(wk, 24);
          let a = loadPairs(x0 + k);
          acc00 = i32x4.add(acc00, i32x4.dot_i16x8_s(a, w00));
          acc01 = i32x4.add(acc01, i32x4.dot_i16x8_s(a, w01));
          a = swapPairs(a);
          acc00 = i32x4.add(acc00, i32x4.dot_i16x8_s(a, w10));
          acc01 = i32x4.add(acc01, i32x4.dot_i16x8_s(a, w11));
          a = loadPairs(x1 + k);
          acc10 = i32x4.add(acc10, i32x4.dot_i16x8_s(a, w00));
          acc11 = i32x4.add(acc11, i32x4.dot_i16x8_s(a, w01));
          a = swapPairs(a);
          acc10 = i32x4.add(acc10, i32x4.dot_i16x8_s(a, w10));
          acc11 = i32x4.add(acc11, i32x4.dot_i16x8_s(a, w11));
          a = loadPairs(x2 + k);
          acc20 = i32x4.add(acc20, i32x4.dot_i16x8_s(a, w00));
          acc21 = i32x4.add(acc21, i32x4.dot_i16x8_s(a, w01));
          a = swapPairs(a);
          acc20 = i32x4.add(acc20, i32x4.dot_i16x8_s(a, w10));
          acc21 = i32x4.add(acc21, i32x4.dot_i16x8_s(a, w11));
          a = loadPairs(x3 + k);
          acc30 = i32x4.add(acc30, i32x4.dot_i16x8_s(a, w00));
          acc31 = i32x4.add(acc31, i32x4.dot_i16x8_s(a, w01));
          a = swapPairs(a);
          acc30 = i32x4.add(acc30, i32x4.dot_i16x8_s(a, w10));
          acc31 = i32x4.add(acc31, i32x4.dot_i16x8_s(a, w11));
          wk += BLOCK_BYTES;
        }
      }
      finishTile4(
        epilogue, y0, y1, y2, y3, acc00, acc01, acc10, acc11, acc20, acc21, acc30, acc31,
        c, n - c, bias, factors, p, zero,
      );
      col = nextColumn(col3, cols);
      x0 = nextPixel(x3, col, xCol, xWrap);
      y0 = nextPixel(y3, col, yCol, yWrap);
    }
    w += panelBytes;
  }
}
