/**
 * @file The int8 product with ternary weights: 4 output pixels by 16 channels, 4 k at once.
 *
 * One 16-bit lane of the second operand carries the weights of two channels,
 * a + 2^14 · b: see packed-sums.ts. x comes as in igemm-i8-4x8.ts.
 *
 * Layout    `swapped`: a block is 4 k of 16 channels in 16 bytes; fields 2v and
 *           2v + 1 of every 16-bit lane are a and b of vector v = (s, h)
 * Codes     code ^ 1, read as a signed 2-bit number, is minus the weight; so
 *           the sums are subtracted
 * Registers 8 packed sums, 4 weights, 1 x, 1 product in the inner loop; the 16
 *           plain sums wait in memory of the engine's choice
 */

import { zeroOf } from "./clamp";
import { splat16 } from "./constant";
import { finishTile4 } from "./finish-tile";
import { DEQUANT, HEADER_BYTES, MIN, tableBytes } from "./layout";
import { BLOCKS_PER_DRAIN, drainHigh, drainLow } from "./packed-sums";
import { loadPairs, swapPairs } from "./pairs";
import { nextColumn, nextPixel, wrapStep } from "./pixels";

const NR = 16;
const KR = 4;
const BLOCK_BYTES = 16;

/** a + 2^14 · b, both negated, of the fields 2v and 2v + 1; `top` masks the highest field. */
@inline
function weightPair(codes: v128, v: i32, top: v128): v128 {
  const high = v < 3 ? i16x8.shl(codes, 12 - 4 * v) : codes;
  const low = i16x8.shr_s(i16x8.shl(codes, 14 - 4 * v), 14);
  return i16x8.add(low, v128.and(high, top));
}

/** `epilogue` is REQUANT or DEQUANT. */
@inline
export function igemmTernary4x16(
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
      const none = i32x4.splat(0);
      // sumPQ: pixel P, channels 4Q … 4Q + 3
      let sum00 = none, sum01 = none, sum02 = none, sum03 = none;
      let sum10 = none, sum11 = none, sum12 = none, sum13 = none;
      let sum20 = none, sum21 = none, sum22 = none, sum23 = none;
      let sum30 = none, sum31 = none, sum32 = none, sum33 = none;
      // accPH: pixel P, channels 8H … 8H + 7, packed
      let acc00 = none, acc01 = none, acc10 = none, acc11 = none;
      let acc20 = none, acc21 = none, acc30 = none, acc31 = none;
      let wk = w;
      let done = 0;
      for (let s = 0; s < segments; ) {
        const run = min<i32>(blocks - done, BLOCKS_PER_DRAIN);
        const end = run == blocks ? min<i32>(s + segmentsPerDrain, segments) : s + 1;
        for (let t = s; t < end; t++) {
          let k = <usize>(load<i32>(table + (<usize>t << 2)) + done * KR);
          for (const last = wk + run * BLOCK_BYTES; wk != last; wk += BLOCK_BYTES) {
            const codes = v128.xor(v128.load(wk), flip);
            const w00 = weightPair(codes, 0, top), w01 = weightPair(codes, 1, top);
            const w10 = weightPair(codes, 2, top), w11 = weightPair(codes, 3, top);
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
            k += KR;
          }
        }
        sum00 = drainLow(sum00, acc00);
        sum01 = drainHigh(sum01, acc00);
        sum02 = drainLow(sum02, acc01);
        sum03 = drainHigh(sum03, acc01);
        sum10 = drainLow(sum10, acc10);
        sum11 = drainHigh(sum11, acc10);
        sum12 = drainLow(sum12, acc11);
        sum13 = drainHigh(sum13, acc11);
        sum20 = drainLow(sum20, acc20);
        sum21 = drainHigh(sum21, acc20);
        sum22 = drainLow(sum22, acc21);
        sum23 = drainHigh(sum23, acc21);
        sum30 = drainLow(sum30, acc30);
        sum31 = drainHigh(sum31, acc30);
        sum32 = drainLow(sum32, acc31);
        sum33 = drainHigh(sum33, acc31);
        acc00 = none;
        acc01 = none;
        acc10 = none;
        acc11 = none;
        acc20 = none;
        acc21 = none;
        acc30 = none;
        acc31 = none;
        done += run;
        if (done == blocks) {
          done = 0;
          s = end;
        }
      }
      finishTile4(
        epilogue, y0, y1, y2, y3, sum00, sum01, sum10, sum11, sum20, sum21, sum30, sum31,
        c, n - c, bias, factors, p, zero,
      );
      if (n - c > 8) {
        finishTile4(
          epilogue, y0, y1, y2, y3, sum02, sum03, sum12, sum13, sum22, sum23, sum32, sum33,
          c + 8, n - c - 8, bias, factors, p, zero,
        );
      }
      col = nextColumn(col3, cols);
      x0 = nextPixel(x3, col, xCol, xWrap);
      y0 = nextPixel(y3, col, yCol, yWrap);
    }
    w += panelBytes;
  }
}
