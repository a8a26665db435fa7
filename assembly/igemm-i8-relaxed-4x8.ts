/**
 * @file The product of 7-bit unsigned activations with int8 weights by relaxed dot products: 4
 * output pixels by 8 channels, 4 k at once.
 *
 * Requires  x in 0…127: there relaxed dot products are the same on every engine. What is
 *           read past a segment may be anything, as its weights are zeros.
 * Layout    `plain`: a block is 4 k of 8 channels in two vectors, of channels 0…3 and 4…7
 * Ranges    a pair of products is at most 2 · 2^14 − 2^8, which 16 bits hold
 * Registers 8 sums, 2 weights, 1 x
 */

import { zeroOf } from "./clamp";
import { finishTile4 } from "./finish-tile";
import { DEQUANT, HEADER_BYTES, MIN, tableBytes } from "./layout";
import { nextColumn, nextPixel, wrapStep } from "./pixels";

const NR = 8;
const KR = 4;
const BLOCK_BYTES = 32;

@inline
function add(acc: v128, w: v128, x: v128): v128 {
  return i32x4.relaxed_dot_i8x16_i7x16_add_s(w, x, acc);
}

/** `epilogue` is REQUANT or DEQUANT. */
@inline
export function igemmI8Relaxed4x8(
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
        for (const end = k + depth; k != end; k += KR) {
          const w0 = v128.load(wk), w1 = v128.load(wk, 16);
          let a = v128.load32_splat(x0 + k);
          acc00 = add(acc00, w0, a);
          acc01 = add(acc01, w1, a);
          a = v128.load32_splat(x1 + k);
          acc10 = add(acc10, w0, a);
          acc11 = add(acc11, w1, a);
          a = v128.load32_splat(x2 + k);
          acc20 = add(acc20, w0, a);
          acc21 = add(acc21, w1, a);
          a = v128.load32_splat(x3 + k);
          acc30 = add(acc30, w0, a);
          acc31 = add(acc31, w1, a);
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
