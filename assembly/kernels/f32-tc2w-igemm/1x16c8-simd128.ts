/**
 * @file The f32 product with ternary weights for one output pixel at a time, 16 channels.
 *
 * Layout    `falling`: a block is 8 k of 16 channels in two vectors of 16 bytes; in each,
 *           16-bit lane c holds the codes of a channel, k = 0 in the highest bits
 * Codes     as in 4x8c8-simd128.ts
 * Order     as in igemm-f32-4x8.ts; Inf and NaN times a zero weight are NaN
 */

import { zeroOf } from "../../clamp";
import { splat16 } from "../../constant";
import { finishPixel8 } from "../../finish-f32";
import { HEADER_BYTES, MIN, tableBytes } from "../../layout";
import { nextColumn, nextPixel, wrapStep } from "../../pixels";

const NR = 16;
const KR = 8;
const BLOCK_BYTES = 32;

/** acc + v · w, given the lanes' trits as −w. */
@inline
function subtract(acc: v128, v: v128, trits: v128): v128 {
  return f32x4.sub(acc, f32x4.mul(v, f32x4.convert_i32x4_s(trits)));
}

export function f32_tc2w_igemm_minmax_1x16c8__simd128(
  x: usize, w: usize, p: usize, y: usize, table: usize, segments: i32, length: i32,
  rows: i32, cols: i32, xRow: i32, xCol: i32, yRow: i32, yCol: i32, n: i32,
): void {
  const xWrap = wrapStep(cols, xRow, xCol);
  const yWrap = wrapStep(cols, yRow, yCol);
  const tables = tableBytes(n, NR);
  const zero = zeroOf(load<f32>(p, MIN));
  const flip = splat16(0x5555, n);
  for (let c = p + HEADER_BYTES; n > 0; n -= NR) {
    let x0 = x, y0 = y, col = 0, wk = w;
    for (let left = rows * cols; left > 0; left--) {
      let acc0 = f32x4.splat(0), acc1 = acc0, acc2 = acc0, acc3 = acc0;
      wk = w;
      for (let s = 0; s < segments; s++) {
        let a = x0 + load<i32>(table + (<usize>s << 2));
        const end = a + (<usize>length << 2);
        while (a != end) {
          let low = v128.xor(v128.load(wk), flip), high = v128.xor(v128.load(wk, 16), flip);
          wk += BLOCK_BYTES;
          const blockEnd = min<usize>(a + 4 * KR, end);
          for (; a != blockEnd; a += 4) {
            const v = v128.load32_splat(a);
            const lowTrits = i16x8.shr_s(low, 14), highTrits = i16x8.shr_s(high, 14);
            low = i16x8.shl(low, 2);
            high = i16x8.shl(high, 2);
            acc0 = subtract(acc0, v, i32x4.extend_low_i16x8_s(lowTrits));
            acc1 = subtract(acc1, v, i32x4.extend_high_i16x8_s(lowTrits));
            acc2 = subtract(acc2, v, i32x4.extend_low_i16x8_s(highTrits));
            acc3 = subtract(acc3, v, i32x4.extend_high_i16x8_s(highTrits));
          }
        }
      }
      finishPixel8(y0, acc0, acc1, c, tables, p, zero, n);
      if (n > 8) finishPixel8(y0 + 32, acc2, acc3, c + 32, tables, p, zero, n - 8);
      col = nextColumn(col, cols);
      x0 = nextPixel(x0, col, xCol, xWrap);
      y0 = nextPixel(y0, col, yCol, yWrap);
    }
    w = wk;
    y += 4 * NR;
    c += 4 * NR;
  }
}
