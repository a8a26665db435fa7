/**
 * @file The int8 product with ternary weights by relaxed dot products: 4 output pixels by 8
 * channels, 8 k at once.
 *
 * The second operand is the code, 0…2; since it is the weight plus 1, Σ x of
 * the window is subtracted at the end. Lanes are pairs of k in 16 bits, drained into
 * 32-bit sums before they can overflow.
 *
 * Layout    `quads`: a block is 8 k of 8 channels in 16 bytes; byte 4j + i of field
 *           2h + q (from the lowest bits) is channel 4q + j at depth 4h + i
 * Ranges    a pair of products is at most 2 · 2 · 2^7 = 2^9; 62 of them fit into 16 bits
 * Registers 8 sums, 4 x, 1 weight, 1 product, 1 codes, 1 mask in the inner loop; the 8
 *           32-bit sums wait in memory of the engine's choice
 */

import { zeroOf } from "./clamp";
import { splat16 } from "./constant";
import { finishTile4 } from "./finish-tile";
import { DEQUANT, HEADER_BYTES, MIN, tableBytes } from "./layout";
import { nextColumn, nextPixel, wrapStep } from "./pixels";
import { sumOfWindows } from "./window-sums";

const NR = 8;
const KR = 8;
const BLOCK_BYTES = 16;
/** Blocks of two products whose sums fit into 16 bits. */
const BLOCKS_PER_DRAIN = 31;

@inline
function dots(x0: v128, w0: v128, x1: v128, w1: v128): v128 {
  return i16x8.add(v128.relaxed_dot<i16>(x0, w0), v128.relaxed_dot<i16>(x1, w1));
}

@inline
function drain(sum: v128, acc: v128): v128 {
  return i32x4.add(sum, i32x4.extadd_pairwise_i16x8_s(acc));
}

/** `epilogue` is REQUANT or DEQUANT. */
@inline
export function igemmTernaryRelaxed4x8(
  epilogue: i32, x: usize, w: usize, p: usize, y: usize, table: usize, segments: i32, length: i32,
  rows: i32, cols: i32, xRow: i32, xCol: i32, yRow: i32, yCol: i32, n: i32,
): void {
  const xWrap = wrapStep(cols, xRow, xCol);
  const yWrap = wrapStep(cols, yRow, yCol);
  const blocks = (length + KR - 1) / KR;
  const segmentsPerDrain = max<i32>(BLOCKS_PER_DRAIN / blocks, 1);
  const bias = p + HEADER_BYTES;
  const factors = bias + tableBytes(n, NR);
  const zero = zeroOf(epilogue == DEQUANT ? load<f32>(p, MIN) : 0);
  const mask = splat16(0x0303, n);
  const none = i32x4.splat(0);
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
    const sums = sumOfWindows(x0, x1, x2, x3, table, segments, blocks * KR);
    const negated = i32x4.neg(sums);
    const window0 = i32x4.shuffle(negated, negated, 0, 0, 0, 0);
    const window1 = i32x4.shuffle(negated, negated, 1, 1, 1, 1);
    const window2 = i32x4.shuffle(negated, negated, 2, 2, 2, 2);
    const window3 = i32x4.shuffle(negated, negated, 3, 3, 3, 3);
    let wk = w;
    for (let c = 0; c < n; c += NR) {
      // sumPQ: pixel P, channels 4Q … 4Q + 3
      let sum00 = window0, sum01 = window0, sum10 = window1, sum11 = window1;
      let sum20 = window2, sum21 = window2, sum30 = window3, sum31 = window3;
      let acc00 = none, acc01 = none, acc10 = none, acc11 = none;
      let acc20 = none, acc21 = none, acc30 = none, acc31 = none;
      let done = 0;
      for (let s = 0; s < segments; ) {
        const run = min<i32>(blocks - done, BLOCKS_PER_DRAIN);
        const end = run == blocks ? min<i32>(s + segmentsPerDrain, segments) : s + 1;
        for (let t = s; t < end; t++) {
          let k = <usize>(load<i32>(table + (<usize>t << 2)) + done * KR);
          for (const last = wk + run * BLOCK_BYTES; wk != last; wk += BLOCK_BYTES) {
            const codes = v128.load(wk);
            const w00 = v128.and(codes, mask), w01 = v128.and(i16x8.shr_u(codes, 2), mask);
            const w10 = v128.and(i16x8.shr_u(codes, 4), mask);
            const w11 = v128.and(i16x8.shr_u(codes, 6), mask);
            let a = v128.load32_splat(x0 + k), b = v128.load32_splat(x0 + k, 4);
            acc00 = i16x8.add(acc00, dots(a, w00, b, w10));
            acc01 = i16x8.add(acc01, dots(a, w01, b, w11));
            a = v128.load32_splat(x1 + k), b = v128.load32_splat(x1 + k, 4);
            acc10 = i16x8.add(acc10, dots(a, w00, b, w10));
            acc11 = i16x8.add(acc11, dots(a, w01, b, w11));
            a = v128.load32_splat(x2 + k), b = v128.load32_splat(x2 + k, 4);
            acc20 = i16x8.add(acc20, dots(a, w00, b, w10));
            acc21 = i16x8.add(acc21, dots(a, w01, b, w11));
            a = v128.load32_splat(x3 + k), b = v128.load32_splat(x3 + k, 4);
            acc30 = i16x8.add(acc30, dots(a, w00, b, w10));
            acc31 = i16x8.add(acc31, dots(a, w01, b, w11));
            k += KR;
          }
        }
        sum00 = drain(sum00, acc00);
        sum01 = drain(sum01, acc01);
        sum10 = drain(sum10, acc10);
        sum11 = drain(sum11, acc11);
        sum20 = drain(sum20, acc20);
        sum21 = drain(sum21, acc21);
        sum30 = drain(sum30, acc30);
        sum31 = drain(sum31, acc31);
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
    }
    col = nextColumn(col3, cols);
    x0 = nextPixel(x3, col, xCol, xWrap);
    y0 = nextPixel(y3, col, yCol, yWrap);
  }
}
