/**
 * @file The int8 product with ternary weights by relaxed dot products, one output pixel at a
 * time: 8 channels by 16 k.
 *
 * Lanes are k. Codes, 0…2, are the second operand, in every other field four
 * times as large; since a code is the weight plus 1, Σ x is subtracted at the end.
 *
 * Layout    `depths`: a block is 16 k of 8 channels in two vectors of 16 bytes; byte k of
 *           vector h holds the codes of channels 4h … 4h + 3, the first in the lowest bits
 * Ranges    a pair of products is at most 2 · 8 · 2^7 = 2^11, or 2^9 of plain codes; 15, or 63, fit into 16 bits
 * Registers 8 sums, 1 x, 1 codes, 2 masks, 1 product; the 8 32-bit sums wait in memory of
 *           the engine's choice
 */

import { zeroOf } from "./clamp";
import { splat16 } from "./constant";
import { finishPixelI32 } from "./finish-i32";
import { DEQUANT, HEADER_BYTES, MIN, tableBytes } from "./layout";
import { sumLanes4 } from "./pairs";
import { nextColumn, nextPixel, wrapStep } from "./pixels";
import { sumOfWindow } from "./window-sums";

const NR = 8;
const KR = 16;
const BLOCK_BYTES = 32;
/** Between drains of sums of scaled codes, and of plain ones. */
const BLOCKS_PER_DRAIN = 15;
const BLOCKS_PER_PLAIN_DRAIN = 60;

@inline
function add(acc: v128, x: v128, codes: v128): v128 {
  return i16x8.add(acc, v128.relaxed_dot<i16>(x, codes));
}

@inline
function drain(sum: v128, acc: v128): v128 {
  return i32x4.add(sum, i32x4.extadd_pairwise_i16x8_s(acc));
}

/** Σ x·code of four channels, less Σ x. */
@inline
function unscale(sum0: v128, sum1: v128, sum2: v128, sum3: v128, window: v128): v128 {
  const sums = sumLanes4(sum0, i32x4.shr_s(sum1, 2), sum2, i32x4.shr_s(sum3, 2));
  return i32x4.sub(sums, window);
}

/** `epilogue` is REQUANT or DEQUANT. */
@inline
export function igemmTernaryRelaxed1x8(
  epilogue: i32, x: usize, w: usize, p: usize, y: usize, table: usize, segments: i32, length: i32,
  rows: i32, cols: i32, xRow: i32, xCol: i32, yRow: i32, yCol: i32, n: i32,
): void {
  const xWrap = wrapStep(cols, xRow, xCol);
  const yWrap = wrapStep(cols, yRow, yCol);
  const blocks = (length + KR - 1) / KR;
  const bias = p + HEADER_BYTES;
  const factors = bias + tableBytes(n, NR);
  const zero = zeroOf(epilogue == DEQUANT ? load<f32>(p, MIN) : 0);
  const mask0 = splat16(0x0303, n), mask1 = splat16(0x0c0c, n);
  const none = i32x4.splat(0);
  let x0 = x, y0 = y, col = 0;
  for (let left = rows * cols; left > 0; left--) {
    const window = sumOfWindow(x0, table, segments, blocks * KR);
    let wk = w;
    for (let c = 0; c < n; c += NR) {
      let sum0 = none, sum1 = none, sum2 = none, sum3 = none;
      let sum4 = none, sum5 = none, sum6 = none, sum7 = none;
      for (let s = 0; s < segments; s++) {
        let a = x0 + load<i32>(table + (<usize>s << 2));
        for (let todo = blocks; todo > 0; ) {
          let acc0 = none, acc2 = none, acc4 = none, acc6 = none;
          const rest = max<i32>(todo - BLOCKS_PER_PLAIN_DRAIN, 0);
          while (todo > rest) {
            const run = min<i32>(todo - rest, BLOCKS_PER_DRAIN);
            let acc1 = none, acc3 = none, acc5 = none, acc7 = none;
            for (const end = a + KR * run; a != end; a += KR) {
              const v = v128.load(a);
              let codes = v128.load(wk);
              acc0 = add(acc0, v, v128.and(codes, mask0));
              acc1 = add(acc1, v, v128.and(codes, mask1));
              codes = i16x8.shr_u(codes, 4);
              acc2 = add(acc2, v, v128.and(codes, mask0));
              acc3 = add(acc3, v, v128.and(codes, mask1));
              codes = v128.load(wk, 16);
              acc4 = add(acc4, v, v128.and(codes, mask0));
              acc5 = add(acc5, v, v128.and(codes, mask1));
              codes = i16x8.shr_u(codes, 4);
              acc6 = add(acc6, v, v128.and(codes, mask0));
              acc7 = add(acc7, v, v128.and(codes, mask1));
              wk += BLOCK_BYTES;
            }
            sum1 = drain(sum1, acc1);
            sum3 = drain(sum3, acc3);
            sum5 = drain(sum5, acc5);
            sum7 = drain(sum7, acc7);
            todo -= run;
          }
          sum0 = drain(sum0, acc0);
          sum2 = drain(sum2, acc2);
          sum4 = drain(sum4, acc4);
          sum6 = drain(sum6, acc6);
        }
      }
      const low = unscale(sum0, sum1, sum2, sum3, window);
      const high = unscale(sum4, sum5, sum6, sum7, window);
      finishPixelI32(epilogue, y0, low, high, c, n - c, bias, factors, p, zero);
    }
    col = nextColumn(col, cols);
    x0 = nextPixel(x0, col, xCol, xWrap);
    y0 = nextPixel(y0, col, yCol, yWrap);
  }
}
