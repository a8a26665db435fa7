/**
 * @file The int8 product with ternary weights: 8 output pixels by 8 channels, 4 k at once.
 *
 * One 16-bit lane of the second operand carries the weights of two channels,
 * a + 2^14 · b: see packed-sums.ts. x comes as in igemm-i8-4x8.ts.
 *
 * Layout    `swapped`: a block is 4 k of 8 channels in 8 bytes; byte l belongs to
 *           16-bit lane l, its fields 2s and 2s + 1 are a (channels 0…3) and b
 *           (channels 4…7) of vector s
 * Codes     code ^ 1, read as a signed 2-bit number, is minus the weight; so
 *           the sums are subtracted
 * Registers 8 packed sums, 2 weights, 1 x, 1 product, 2 constants; the 16 plain
 *           sums wait in memory of the engine's choice
 */

import { zeroOf } from "./clamp";
import { splat16 } from "./constant";
import { finishTile4 } from "./finish-tile";
import { DEQUANT, HEADER_BYTES, MIN, tableBytes } from "./layout";
import { BLOCKS_PER_DRAIN, drainHigh, drainLow } from "./packed-sums";
import { loadPairs, swapPairs } from "./pairs";
import { nextColumn, nextPixel, wrapStep } from "./pixels";

const NR = 8;
const KR = 4;
const BLOCK_BYTES = 8;

/** The 8 bytes of a block as the high bytes of 16-bit lanes. */
@inline
function loadCodes(w: usize): v128 {
  return i8x16.shuffle(
    v128.load64_zero(w), i8x16.splat(0), 16, 0, 16, 1, 16, 2, 16, 3, 16, 4, 16, 5, 16, 6, 16, 7,
  );
}

/** The weights a + 2^14 · b, negated, of vector `s`; `top` masks the highest field. */
@inline
function weightPair(codes: v128, s: i32, top: v128): v128 {
  const low = i16x8.shr_s(i16x8.shl(codes, 6 - 4 * s), 14);
  const high = s == 0 ? i16x8.shl(codes, 4) : codes;
  return i16x8.add(low, v128.and(high, top));
}

/** `epilogue` is REQUANT or DEQUANT. */
@inline
export function igemmTernary8x8(
  epilogue: i32, x: usize, w: usize, p: usize, y: usize, table: usize, segments: i32, length: i32,
  rows: i32, cols: i32, xRow: i32, xCol: i32, yRow: i32, yCol: i32, n: i32,
): void {
  const xWrap = wrapStep(cols, xRow, xCol);
  const yWrap = wrapStep(cols, yRow, yCol);
  const blocks = (length + KR - 1) / KR;
  const panelBytes = segments * blocks * BLOCK_BYTES;
  const segmentsPerDrain = max<i32>(BLOCKS_PER_DRAIN / blocks, 1);
  const bias = p + HEADER_BYTES;
  const factors = bias + tableBytes(n, NR);
  const zero = zeroOf(epilogue == DEQUANT ? load<f32>(p, MIN) : 0);
  const flip = splat16(0x5555, n), top = splat16(0xc000, n);
  const none = i32x4.splat(0);
  for (let c = 0; c < n; c += NR) {
    let x0 = x, y0 = y, col = 0;
    for (let left = rows * cols; left > 0; left -= 8) {
      const col1 = nextColumn(col, cols);
      const x1 = left > 1 ? nextPixel(x0, col1, xCol, xWrap) : x0;
      const y1 = left > 1 ? nextPixel(y0, col1, yCol, yWrap) : y0;
      const col2 = nextColumn(col1, cols);
      const x2 = left > 2 ? nextPixel(x1, col2, xCol, xWrap) : x1;
      const y2 = left > 2 ? nextPixel(y1, col2, yCol, yWrap) : y1;
      const col3 = nextColumn(col2, cols);
      const x3 = left > 3 ? nextPixel(x2, col3, xCol, xWrap) : x2;
      const y3 = left > 3 ? nextPixel(y2, col3, yCol, yWrap) : y2;
      const col4 = nextColumn(col3, cols);
      const x4 = left > 4 ? nextPixel(x3, col4, xCol, xWrap) : x3;
      const y4 = left > 4 ? nextPixel(y3, col4, yCol, yWrap) : y3;
      const col5 = nextColumn(col4, cols);
      const x5 = left > 5 ? nextPixel(x4, col5, xCol, xWrap) : x4;
      const y5 = left > 5 ? nextPixel(y4, col5, yCol, yWrap) : y4;
      const col6 = nextColumn(col5, cols);
      const x6 = left > 6 ? nextPixel(x5, col6, xCol, xWrap) : x5;
      const y6 = left > 6 ? nextPixel(y5, col6, yCol, yWrap) : y5;
      const col7 = nextColumn(col6, cols);
      const x7 = left > 7 ? nextPixel(x6, col7, xCol, xWrap) : x6;
      const y7 = left > 7 ? nextPixel(y6, col7, yCol, yWrap) : y6;
      // lowI: channels 0…3 of pixel I; highI: 4…7; accI: both, packed
      let low0 = none, high0 = none, acc0 = none;
      let low1 = none, high1 = none, acc1 = none;
      let low2 = none, high2 = none, acc2 = none;
      let low3 = none, high3 = none, acc3 = none;
      let low4 = none, high4 = none, acc4 = none;
      let low5 = none, high5 = none, acc5 = none;
      let low6 = none, high6 = none, acc6 = none;
      let low7 = none, high7 = none, acc7 = none;
      let wk = w;
      let done = 0;
      for (let s = 0; s < segments; ) {
        const run = min<i32>(blocks - done, BLOCKS_PER_DRAIN);
        const end = run == blocks ? min<i32>(s + segmentsPerDrain, segments) : s + 1;
        for (let t = s; t < end; t++) {
          let k = <usize>(load<i32>(table + (<usize>t << 2)) + done * KR);
          for (const last = wk + run * BLOCK_BYTES; wk != last; wk += BLOCK_BYTES) {
            const codes = v128.xor(loadCodes(wk), flip);
            const w0 = weightPair(codes, 0, top), w1 = weightPair(codes, 1, top);
            let a = loadPairs(x0 + k);
            acc0 = i32x4.add(acc0, i32x4.dot_i16x8_s(a, w0));
            acc0 = i32x4.add(acc0, i32x4.dot_i16x8_s(swapPairs(a), w1));
            a = loadPairs(x1 + k);
            acc1 = i32x4.add(acc1, i32x4.dot_i16x8_s(a, w0));
            acc1 = i32x4.add(acc1, i32x4.dot_i16x8_s(swapPairs(a), w1));
            a = loadPairs(x2 + k);
            acc2 = i32x4.add(acc2, i32x4.dot_i16x8_s(a, w0));
            acc2 = i32x4.add(acc2, i32x4.dot_i16x8_s(swapPairs(a), w1));
            a = loadPairs(x3 + k);
            acc3 = i32x4.add(acc3, i32x4.dot_i16x8_s(a, w0));
            acc3 = i32x4.add(acc3, i32x4.dot_i16x8_s(swapPairs(a), w1));
            a = loadPairs(x4 + k);
            acc4 = i32x4.add(acc4, i32x4.dot_i16x8_s(a, w0));
            acc4 = i32x4.add(acc4, i32x4.dot_i16x8_s(swapPairs(a), w1));
            a = loadPairs(x5 + k);
            acc5 = i32x4.add(acc5, i32x4.dot_i16x8_s(a, w0));
            acc5 = i32x4.add(acc5, i32x4.dot_i16x8_s(swapPairs(a), w1));
            a = loadPairs(x6 + k);
            acc6 = i32x4.add(acc6, i32x4.dot_i16x8_s(a, w0));
            acc6 = i32x4.add(acc6, i32x4.dot_i16x8_s(swapPairs(a), w1));
            a = loadPairs(x7 + k);
            acc7 = i32x4.add(acc7, i32x4.dot_i16x8_s(a, w0));
            acc7 = i32x4.add(acc7, i32x4.dot_i16x8_s(swapPairs(a), w1));
            k += KR;
          }
        }
        low0 = drainLow(low0, acc0);
        high0 = drainHigh(high0, acc0);
        acc0 = none;
        low1 = drainLow(low1, acc1);
        high1 = drainHigh(high1, acc1);
        acc1 = none;
        low2 = drainLow(low2, acc2);
        high2 = drainHigh(high2, acc2);
        acc2 = none;
        low3 = drainLow(low3, acc3);
        high3 = drainHigh(high3, acc3);
        acc3 = none;
        low4 = drainLow(low4, acc4);
        high4 = drainHigh(high4, acc4);
        acc4 = none;
        low5 = drainLow(low5, acc5);
        high5 = drainHigh(high5, acc5);
        acc5 = none;
        low6 = drainLow(low6, acc6);
        high6 = drainHigh(high6, acc6);
        acc6 = none;
        low7 = drainLow(low7, acc7);
        high7 = drainHigh(high7, acc7);
        acc7 = none;
        done += run;
        if (done == blocks) {
          done = 0;
          s = end;
        }
      }
      finishTile4(
        epilogue, y0, y1, y2, y3, low0, high0, low1, high1, low2, high2, low3, high3,
        c, n - c, bias, factors, p, zero,
      );
      finishTile4(
        epilogue, y4, y5, y6, y7, low4, high4, low5, high5, low6, high6, low7, high7,
        c, n - c, bias, factors, p, zero,
      );
      col = nextColumn(col7, cols);
      x0 = nextPixel(x7, col, xCol, xWrap);
      y0 = nextPixel(y7, col, yCol, yWrap);
    }
    w += panelBytes;
  }
}
