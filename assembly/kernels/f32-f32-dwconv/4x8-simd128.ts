/**
 * @file The depthwise filter on f32: 4 output pixels by 8 channels, or by the last 4.
 *
 * Layout    w: f32[kh · kw][channels padded to 8]
 * Order     as in 1x1-scalar.ts
 */

import { zeroOf } from "../../clamp";
import { finishF32x4, finishPixel8 } from "../../finish-f32";
import { HEADER_BYTES, MIN } from "../../layout";
import { nextColumn, nextPixel, wrapStep } from "../../pixels";
import { storeWords4 } from "../../store";

export function f32_f32_dwconv_minmax_4x8__simd128(
  x: usize, w: usize, p: usize, y: usize, kh: i32, kw: i32, xTapRow: i32, xTapCol: i32,
  rows: i32, cols: i32, xRow: i32, xCol: i32, yRow: i32, yCol: i32, channels: i32,
): void {
  const tapBytes = <usize>((channels + 7) & -8) << 2;
  const zero = zeroOf(load<f32>(p, MIN));
  const xWrap = wrapStep(cols, xRow, xCol);
  const yWrap = wrapStep(cols, yRow, yCol);
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
    let c: usize = 0;
    let n = channels;
    for (; n > 4; n -= 8) {
      let wk = w + c;
      let acc00 = f32x4.splat(0), acc01 = acc00, acc10 = acc00, acc11 = acc00;
      let acc20 = acc00, acc21 = acc00, acc30 = acc00, acc31 = acc00;
      for (let ky = 0; ky < kh; ky++) {
        let k = c + <usize>(ky * xTapRow);
        for (let kx = 0; kx < kw; kx++) {
          const w0 = v128.load(wk), w1 = v128.load(wk, 16);
          acc00 = f32x4.add(acc00, f32x4.mul(v128.load(x0 + k), w0));
          acc01 = f32x4.add(acc01, f32x4.mul(v128.load(x0 + k, 16), w1));
          acc10 = f32x4.add(acc10, f32x4.mul(v128.load(x1 + k), w0));
          acc11 = f32x4.add(acc11, f32x4.mul(v128.load(x1 + k, 16), w1));
          acc20 = f32x4.add(acc20, f32x4.mul(v128.load(x2 + k), w0));
          acc21 = f32x4.add(acc21, f32x4.mul(v128.load(x2 + k, 16), w1));
          acc30 = f32x4.add(acc30, f32x4.mul(v128.load(x3 + k), w0));
          acc31 = f32x4.add(acc31, f32x4.mul(v128.load(x3 + k, 16), w1));
          k += xTapCol;
          wk += tapBytes;
        }
      }
      const bias = p + HEADER_BYTES + c;
      finishPixel8(y0 + c, acc00, acc01, bias, 0, p, zero, n);
      finishPixel8(y1 + c, acc10, acc11, bias, 0, p, zero, n);
      finishPixel8(y2 + c, acc20, acc21, bias, 0, p, zero, n);
      finishPixel8(y3 + c, acc30, acc31, bias, 0, p, zero, n);
      c += 32;
    }
    if (n > 0) {
      let wk = w + c;
      let acc0 = f32x4.splat(0), acc1 = acc0, acc2 = acc0, acc3 = acc0;
      for (let ky = 0; ky < kh; ky++) {
        let k = c + <usize>(ky * xTapRow);
        for (let kx = 0; kx < kw; kx++) {
          const w0 = v128.load(wk);
          acc0 = f32x4.add(acc0, f32x4.mul(v128.load(x0 + k), w0));
          acc1 = f32x4.add(acc1, f32x4.mul(v128.load(x1 + k), w0));
          acc2 = f32x4.add(acc2, f32x4.mul(v128.load(x2 + k), w0));
          acc3 = f32x4.add(acc3, f32x4.mul(v128.load(x3 + k), w0));
          k += xTapCol;
          wk += tapBytes;
        }
      }
      const bias = p + HEADER_BYTES + c;
      storeWords4(y0 + c, finishF32x4(acc0, bias, 0, p, zero), n);
      storeWords4(y1 + c, finishF32x4(acc1, bias, 0, p, zero), n);
      storeWords4(y2 + c, finishF32x4(acc2, bias, 0, p, zero), n);
      storeWords4(y3 + c, finishF32x4(acc3, bias, 0, p, zero), n);
    }
    col = nextColumn(col3, cols);
    x0 = nextPixel(x3, col, xCol, xWrap);
    y0 = nextPixel(y3, col, yCol, yWrap);
  }
}
