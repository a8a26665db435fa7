/**
 * @file The product of 7-bit unsigned activations with int8 weights by relaxed dot products, one
 * output pixel at a time: 8 channels by 16 k.
 *
 * Lanes are k; the lanes of a sum are added at the end.
 *
 * Requires  x in 0…127, as in igemm-i8-relaxed-4x8.ts
 * Layout    `plain`: a block is 16 k of 8 channels, a vector of each
 */

import { zeroOf } from "./clamp";
import { finishPixelI32 } from "./finish-i32";
import { DEQUANT, HEADER_BYTES, MIN, tableBytes } from "./layout";
import { sumLanes4 } from "./pairs";
import { nextColumn, nextPixel, wrapStep } from "./pixels";

const NR = 8;
const KR = 16;
const BLOCK_BYTES = 128;

@inline
function add(acc: v128, w: v128, x: v128): v128 {
  return i32x4.relaxed_dot_i8x16_i7x16_add_s(w, x, acc);
}

/** `epilogue` is REQUANT or DEQUANT. */
@inline
export function igemmI8Relaxed1x8(
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
          const v = v128.load(a);
          acc0 = add(acc0, v128.load(wk), v);
          acc1 = add(acc1, v128.load(wk, 16), v);
          acc2 = add(acc2, v128.load(wk, 32), v);
          acc3 = add(acc3, v128.load(wk, 48), v);
          acc4 = add(acc4, v128.load(wk, 64), v);
          acc5 = add(acc5, v128.load(wk, 80), v);
          acc6 = add(acc6, v128.load(wk, 96), v);
          acc7 = add(acc7, v128.load(wk, 112), v);
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
