/**
 * @file The f32 product with ternary weights: 4 output pixels by 8 channels.
 *
 * Layout    `falling`: a block is 8 k in 16 bytes; 16-bit lane c holds the codes
 *           of channel c, k = 0 in the highest bits, so that an arithmetic shift
 *           by 14 yields the weights of the next k in all lanes
 * Codes     code ^ 1, read as a signed 2-bit number, is minus the weight; the
 *           products are subtracted, which rounds the same
 * Order     as in igemm-f32-4x8.ts; Inf and NaN times a zero weight are NaN
 */

import { zeroOf } from "../../clamp";
import { splat16 } from "../../constant";
import { finishPixel8 } from "../../finish-f32";
import { HEADER_BYTES, MIN, tableBytes } from "../../layout";
import { nextColumn, nextPixel, wrapStep } from "../../pixels";

const NR = 8;
const KR = 8;
const BLOCK_BYTES = 16;

export function f32_tc2w_igemm_minmax_4x8c8__simd128(
  x: usize, w: usize, p: usize, y: usize, table: usize, segments: i32, length: i32,
  rows: i32, cols: i32, xRow: i32, xCol: i32, yRow: i32, yCol: i32, n: i32,
): void {
  const xWrap = wrapStep(cols, xRow, xCol);
  const yWrap = wrapStep(cols, yRow, yCol);
  const panelBytes = segments * ((length + KR - 1) / KR) * BLOCK_BYTES;
  const tables = tableBytes(n, NR);
  const zero = zeroOf(load<f32>(p, MIN));
  const flip = splat16(0x5555, n);
  for (let c = p + HEADER_BYTES; n > 0; n -= NR) {
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
      let acc00 = f32x4.splat(0), acc01 = acc00, acc10 = acc00, acc11 = acc00;
      let acc20 = acc00, acc21 = acc00, acc30 = acc00, acc31 = acc00;
      let wk = w;
      for (let s = 0; s < segments; s++) {
        let k = <usize>load<i32>(table + (<usize>s << 2));
        const end = k + (<usize>length << 2);
        while (k != end) {
          let codes = v128.xor(v128.load(wk), flip);
          wk += BLOCK_BYTES;
          const blockEnd = min<usize>(k + 4 * KR, end);
          for (; k != blockEnd; k += 4) {
            const trits = i16x8.shr_s(codes, 14);
            codes = i16x8.shl(codes, 2);
            const w0 = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(trits));
            const w1 = f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(trits));
            const a0 = v128.load32_splat(x0 + k);
            acc00 = f32x4.sub(acc00, f32x4.mul(a0, w0));
            acc01 = f32x4.sub(acc01, f32x4.mul(a0, w1));
            const a1 = v128.load32_splat(x1 + k);
            acc10 = f32x4.sub(acc10, f32x4.mul(a1, w0));
            acc11 = f32x4.sub(acc11, f32x4.mul(a1, w1));
            const a2 = v128.load32_splat(x2 + k);
            acc20 = f32x4.sub(acc20, f32x4.mul(a2, w0));
            acc21 = f32x4.sub(acc21, f32x4.mul(a2, w1));
            const a3 = v128.load32_splat(x3 + k);
            acc30 = f32x4.sub(acc30, f32x4.mul(a3, w0));
            acc31 = f32x4.sub(acc31, f32x4.mul(a3, w1));
          }
        }
      }
      finishPixel8(y0, acc00, acc01, c, tables, p, zero, n);
      finishPixel8(y1, acc10, acc11, c, tables, p, zero, n);
      finishPixel8(y2, acc20, acc21, c, tables, p, zero, n);
      finishPixel8(y3, acc30, acc31, c, tables, p, zero, n);
      col = nextColumn(col3, cols);
      x0 = nextPixel(x3, col, xCol, xWrap);
      y0 = nextPixel(y3, col, yCol, yWrap);
    }
    w += panelBytes;
    y += 4 * NR;
    c += 4 * NR;
  }
}
