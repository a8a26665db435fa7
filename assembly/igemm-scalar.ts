/**
 * @file The scalar matrix products: 2 output pixels by 4 channels, one k at a time.
 *
 * y[pixel][c] = epilogue(sum over k of x[pixel][k] · w[c][k])
 *
 * Layout    w: panels of 4 channels; per k four f32, four bytes, or one byte of
 *           four codes, channel 0 in the lowest bits
 * Order     k = 0 … K−1, each product and each sum rounded
 */

import { clampF32 } from "./clamp";
import {
  CODE_MASK, DEQUANT, HEADER_BYTES, WEIGHTS_F32, WEIGHTS_I8, WEIGHTS_TERNARY, tableBytes,
} from "./layout";
import { nextColumn, nextPixel, wrapStep } from "./pixels";
import { requantize } from "./requantize";

const NR = 4;

/** Bytes of the four weights of one k. */
@inline
function bytesPerDepth(weights: i32): i32 {
  if (weights == WEIGHTS_F32) return 16;
  return weights == WEIGHTS_I8 ? 4 : 1;
}

@inline
function weightF32(weights: i32, w: usize, c: usize): f32 {
  return weights == WEIGHTS_F32 ? load<f32>(w + 4 * c) : <f32>weightI32(weights, w, c);
}

@inline
function weightI32(weights: i32, w: usize, c: usize): i32 {
  if (weights == WEIGHTS_TERNARY) return ((load<u8>(w) >> <u8>(2 * c)) & CODE_MASK) - 1;
  return load<i8>(w + c);
}

/** One f32 result of channel `c`. */
@inline
function finishF32(weights: i32, acc: f32, c: i32, p: usize, bias: usize): f32 {
  const at = <usize>c << 2;
  if (weights != WEIGHTS_F32) acc *= load<f32>(p + at, HEADER_BYTES);
  return clampF32(acc + load<f32>(bias + at), p);
}

@inline
function storePixelF32(
  weights: i32, y: usize, c: i32, n: i32, p: usize, bias: usize,
  acc0: f32, acc1: f32, acc2: f32, acc3: f32,
): void {
  store<f32>(y, finishF32(weights, acc0, c, p, bias));
  if (c + 1 < n) store<f32>(y, finishF32(weights, acc1, c + 1, p, bias), 4);
  if (c + 2 < n) store<f32>(y, finishF32(weights, acc2, c + 2, p, bias), 8);
  if (c + 3 < n) store<f32>(y, finishF32(weights, acc3, c + 3, p, bias), 12);
}

/** f32 activations; `weights` is a constant of layout.ts. */
@inline
export function igemmF32(
  weights: i32, x: usize, w: usize, p: usize, y: usize, table: usize, segments: i32, length: i32,
  rows: i32, cols: i32, xRow: i32, xCol: i32, yRow: i32, yCol: i32, n: i32,
): void {
  const xWrap = wrapStep(cols, xRow, xCol);
  const yWrap = wrapStep(cols, yRow, yCol);
  const bias = p + HEADER_BYTES + (weights == WEIGHTS_F32 ? 0 : tableBytes(n, NR));
  const panelBytes = segments * length * bytesPerDepth(weights);
  for (let c = 0; c < n; c += NR) {
    let x0 = x, y0 = y, col = 0;
    for (let left = rows * cols; left > 0; left -= 2) {
      const col1 = nextColumn(col, cols);
      const x1 = left > 1 ? nextPixel(x0, col1, xCol, xWrap) : x0;
      const y1 = left > 1 ? nextPixel(y0, col1, yCol, yWrap) : y0;
      let acc00: f32 = 0, acc01: f32 = 0, acc02: f32 = 0, acc03: f32 = 0;
      let acc10: f32 = 0, acc11: f32 = 0, acc12: f32 = 0, acc13: f32 = 0;
      let wk = w;
      for (let s = 0; s < segments; s++) {
        const start = load<i32>(table + (<usize>s << 2));
        let a = x0 + start, b = x1 + start;
        for (let k = 0; k < length; k++) {
          const w0 = weightF32(weights, wk, 0), w1 = weightF32(weights, wk, 1);
          const w2 = weightF32(weights, wk, 2), w3 = weightF32(weights, wk, 3);
          const xa = load<f32>(a), xb = load<f32>(b);
          acc00 += xa * w0;
          acc01 += xa * w1;
          acc02 += xa * w2;
          acc03 += xa * w3;
          acc10 += xb * w0;
          acc11 += xb * w1;
          acc12 += xb * w2;
          acc13 += xb * w3;
          a += 4;
          b += 4;
          wk += bytesPerDepth(weights);
        }
      }
      storePixelF32(weights, y0 + (<usize>c << 2), c, n, p, bias, acc00, acc01, acc02, acc03);
      storePixelF32(weights, y1 + (<usize>c << 2), c, n, p, bias, acc10, acc11, acc12, acc13);
      col = nextColumn(col1, cols);
      x0 = nextPixel(x1, col, xCol, xWrap);
      y0 = nextPixel(y1, col, yCol, yWrap);
    }
    w += panelBytes;
  }
}

/** Turns the sum of channel `c` into its result and stores it. */
@inline
function finishI32(epilogue: i32, y: usize, acc: i32, c: i32, n: i32, p: usize): void {
  if (c >= n) return;
  const bias = p + HEADER_BYTES;
  const factors = bias + tableBytes(n, NR);
  acc += load<i32>(bias + (<usize>c << 2));
  if (epilogue == DEQUANT) {
    const scale = load<f32>(factors + (<usize>c << 2));
    store<f32>(y + (<usize>c << 2), clampF32(<f32>acc * scale, p));
  } else {
    store<i8>(y + c, <i8>requantize(acc, load<i16>(factors + (<usize>c << 1)), p));
  }
}

/** i8 activations; `weights` and `epilogue` are constants of layout.ts. */
@inline
export function igemmI8(
  weights: i32, epilogue: i32, x: usize, w: usize, p: usize, y: usize, table: usize, segments: i32,
  length: i32, rows: i32, cols: i32, xRow: i32, xCol: i32, yRow: i32, yCol: i32, n: i32,
): void {
  const xWrap = wrapStep(cols, xRow, xCol);
  const yWrap = wrapStep(cols, yRow, yCol);
  const panelBytes = segments * length * bytesPerDepth(weights);
  for (let c = 0; c < n; c += NR) {
    let x0 = x, y0 = y, col = 0;
    for (let left = rows * cols; left > 0; left -= 2) {
      const col1 = nextColumn(col, cols);
      const x1 = left > 1 ? nextPixel(x0, col1, xCol, xWrap) : x0;
      const y1 = left > 1 ? nextPixel(y0, col1, yCol, yWrap) : y0;
      let acc00 = 0, acc01 = 0, acc02 = 0, acc03 = 0;
      let acc10 = 0, acc11 = 0, acc12 = 0, acc13 = 0;
      let wk = w;
      for (let s = 0; s < segments; s++) {
        const start = load<i32>(table + (<usize>s << 2));
        let a = x0 + start, b = x1 + start;
        for (let k = 0; k < length; k++) {
          const w0 = weightI32(weights, wk, 0), w1 = weightI32(weights, wk, 1);
          const w2 = weightI32(weights, wk, 2), w3 = weightI32(weights, wk, 3);
          const xa = <i32>load<i8>(a), xb = <i32>load<i8>(b);
          acc00 += xa * w0;
          acc01 += xa * w1;
          acc02 += xa * w2;
          acc03 += xa * w3;
          acc10 += xb * w0;
          acc11 += xb * w1;
          acc12 += xb * w2;
          acc13 += xb * w3;
          a++;
          b++;
          wk += bytesPerDepth(weights);
        }
      }
      finishI32(epilogue, y0, acc00, c, n, p);
      finishI32(epilogue, y0, acc01, c + 1, n, p);
      finishI32(epilogue, y0, acc02, c + 2, n, p);
      finishI32(epilogue, y0, acc03, c + 3, n, p);
      finishI32(epilogue, y1, acc10, c, n, p);
      finishI32(epilogue, y1, acc11, c + 1, n, p);
      finishI32(epilogue, y1, acc12, c + 2, n, p);
      finishI32(epilogue, y1, acc13, c + 3, n, p);
      col = nextColumn(col1, cols);
      x0 = nextPixel(x1, col, xCol, xWrap);
      y0 = nextPixel(y1, col, yCol, yWrap);
    }
    w += panelBytes;
  }
}
