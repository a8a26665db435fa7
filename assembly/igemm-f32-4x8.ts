/**
 * @file The f32 product with f32 or int8 weights: 4 output pixels by 8 channels.
 *
 * Shapes    x: f32, one value splat to four lanes; w: panels of 8 channels, per
 *           k eight f32 or eight bytes
 * Order     lanes are channels, so each sum runs over k = 0 … K−1, every product
 *           and sum rounded
 * Registers 8 sums, 2 weights, 1 splat, 1 product
 */

import { zeroOf } from "./clamp";
import { HEADER_BYTES, MIN, WEIGHTS_F32, tableBytes } from "./layout";
import { nextColumn, nextPixel, wrapStep } from "./pixels";
import { finishPixel8 } from "./finish-f32";

const NR = 8;

@inline
function bytesPerDepth(weights: i32): i32 {
  return weights == WEIGHTS_F32 ? 32 : 8;
}

/** The weights of channels 0…3. */
@inline
function weightsLow(weights: i32, w: usize): v128 {
  if (weights == WEIGHTS_F32) return v128.load(w);
  return f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(v128.load8x8_s(w)));
}

/** The weights of channels 4…7. */
@inline
function weightsHigh(weights: i32, w: usize): v128 {
  if (weights == WEIGHTS_F32) return v128.load(w, 16);
  return f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(v128.load8x8_s(w)));
}

/** `weights` is WEIGHTS_F32 or WEIGHTS_I8. */
@inline
export function igemmF32x4x8(
  weights: i32, x: usize, w: usize, p: usize, y: usize, table: usize, segments: i32, length: i32,
  rows: i32, cols: i32, xRow: i32, xCol: i32, yRow: i32, yCol: i32, n: i32,
): void {
  const xWrap = wrapStep(cols, xRow, xCol);
  const yWrap = wrapStep(cols, yRow, yCol);
  const panelBytes = segments * length * bytesPerDepth(weights);
  const tables: usize = weights == WEIGHTS_F32 ? 0 : tableBytes(n, NR);
  const zero = zeroOf(load<f32>(p, MIN));
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
        for (; k != end; k += 4) {
          const w0 = weightsLow(weights, wk), w1 = weightsHigh(weights, wk);
          const a0 = v128.load32_splat(x0 + k);
          acc00 = f32x4.add(acc00, f32x4.mul(a0, w0));
          acc01 = f32x4.add(acc01, f32x4.mul(a0, w1));
          const a1 = v128.load32_splat(x1 + k);
          acc10 = f32x4.add(acc10, f32x4.mul(a1, w0));
          acc11 = f32x4.add(acc11, f32x4.mul(a1, w1));
          const a2 = v128.load32_splat(x2 + k);
          acc20 = f32x4.add(acc20, f32x4.mul(a2, w0));
          acc21 = f32x4.add(acc21, f32x4.mul(a2, w1));
          const a3 = v128.load32_splat(x3 + k);
          acc30 = f32x4.add(acc30, f32x4.mul(a3, w0));
          acc31 = f32x4.add(acc31, f32x4.mul(a3, w1));
          wk += bytesPerDepth(weights);
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
