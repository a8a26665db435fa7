/**
 * @file The int8 product with ternary weights for one output pixel at a time: 8 channels by 8 k.
 *
 * Lanes are k. A code is used where it stands: masked, not shifted, it is
 * 4^f · code in field f, and the sum is divided by 4^f at the end. Codes are
 * weights + 1, so the sum of x, the same for all channels, is subtracted.
 *
 * Layout    `rows`: a block is 8 k of 8 channels in 16 bytes; 16-bit lane k
 *           holds the codes of its channels, channel 0 in the lowest bits
 * Ranges    fields 4…7 are moved down by 8 bits, so factors are at most 64 and
 *           sums at most K · 2^14: no overflow below K = 2^17
 */

import { zeroOf } from "./clamp";
import { splat16 } from "./constant";
import { finishPixelI32 } from "./finish-i32";
import { DEQUANT, HEADER_BYTES, MIN, tableBytes } from "./layout";
import { sumLanes4 } from "./pairs";
import { nextColumn, nextPixel, wrapStep } from "./pixels";

const NR = 8;
const KR = 8;
const BLOCK_BYTES = 16;

/** Σ x over a window, with what is multiplied by padding. */
@inline
function sumOfWindow(x: usize, table: usize, segments: i32, depth: i32): v128 {
  const ones = splat16(1, segments);
  let acc = i32x4.splat(0);
  for (let s = 0; s < segments; s++) {
    let a = x + load<i32>(table + (<usize>s << 2));
    for (const end = a + depth; a != end; a += KR) {
      acc = i32x4.add(acc, i32x4.dot_i16x8_s(v128.load8x8_s(a), ones));
    }
  }
  return sumLanes4(acc, acc, acc, acc);
}

/** Sums over weights from sums over scaled codes of four channels. */
@inline
function unscale(acc0: v128, acc1: v128, acc2: v128, acc3: v128, sum: v128): v128 {
  return i32x4.sub(
    sumLanes4(acc0, i32x4.shr_s(acc1, 2), i32x4.shr_s(acc2, 4), i32x4.shr_s(acc3, 6)), sum,
  );
}

/** `epilogue` is REQUANT or DEQUANT. */
@inline
export function igemmTernary1x8(
  epilogue: i32, x: usize, w: usize, p: usize, y: usize, table: usize, segments: i32, length: i32,
  rows: i32, cols: i32, xRow: i32, xCol: i32, yRow: i32, yCol: i32, n: i32,
): void {
  const xWrap = wrapStep(cols, xRow, xCol);
  const yWrap = wrapStep(cols, yRow, yCol);
  const depth = (length + KR - 1) & -KR;
  const bias = p + HEADER_BYTES;
  const factors = bias + tableBytes(n, NR);
  const zero = zeroOf(epilogue == DEQUANT ? load<f32>(p, MIN) : 0);
  const mask0 = splat16(0x03, n), mask1 = splat16(0x0c, n);
  const mask2 = splat16(0x30, n), mask3 = splat16(0xc0, n);
  let x0 = x, y0 = y, col = 0;
  for (let left = rows * cols; left > 0; left--) {
    const sum = sumOfWindow(x0, table, segments, depth);
    let wk = w;
    for (let c = 0; c < n; c += NR) {
      let acc0 = i32x4.splat(0), acc1 = acc0, acc2 = acc0, acc3 = acc0;
      let acc4 = acc0, acc5 = acc0, acc6 = acc0, acc7 = acc0;
      for (let s = 0; s < segments; s++) {
        let a = x0 + load<i32>(table + (<usize>s << 2));
        for (const end = a + depth; a != end; a += KR) {
          const v = v128.load8x8_s(a);
          let codes = v128.load(wk);
          acc0 = i32x4.add(acc0, i32x4.dot_i16x8_s(v, v128.and(codes, mask0)));
          acc1 = i32x4.add(acc1, i32x4.dot_i16x8_s(v, v128.and(codes, mask1)));
          acc2 = i32x4.add(acc2, i32x4.dot_i16x8_s(v, v128.and(codes, mask2)));
          acc3 = i32x4.add(acc3, i32x4.dot_i16x8_s(v, v128.and(codes, mask3)));
          codes = i16x8.shr_u(codes, 8);
          acc4 = i32x4.add(acc4, i32x4.dot_i16x8_s(v, v128.and(codes, mask0)));
          acc5 = i32x4.add(acc5, i32x4.dot_i16x8_s(v, v128.and(codes, mask1)));
          acc6 = i32x4.add(acc6, i32x4.dot_i16x8_s(v, v128.and(codes, mask2)));
          acc7 = i32x4.add(acc7, i32x4.dot_i16x8_s(v, v128.and(codes, mask3)));
          wk += BLOCK_BYTES;
        }
      }
      const lowSums = unscale(acc0, acc1, acc2, acc3, sum);
      const highSums = unscale(acc4, acc5, acc6, acc7, sum);
      finishPixelI32(epilogue, y0, lowSums, highSums, c, n - c, bias, factors, p, zero);
    }
    col = nextColumn(col, cols);
    x0 = nextPixel(x0, col, xCol, xWrap);
    y0 = nextPixel(y0, col, yCol, yWrap);
  }
}
