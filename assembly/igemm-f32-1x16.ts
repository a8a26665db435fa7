/**
 * @file The f32 product for one output pixel at a time, 16 channels.
 *
 * Four independent sums hide the latency of the addition, which is what a
 * product of one row waits for.
 *
 * Layout    w: panels of 16 channels, per k sixteen f32 or bytes
 * Order     as in igemm-f32-4x8.ts
 */

import { zeroOf } from "./clamp";
import { finishPixel8 } from "./finish-f32";
import { HEADER_BYTES, MIN, WEIGHTS_F32, tableBytes } from "./layout";
import { nextColumn, nextPixel, wrapStep } from "./pixels";

const NR = 16;

/** Four weights: the `index`-th f32 vector at `w`, or lanes of the bytes `low` and `high`. */
@inline
function weights4(weights: i32, w: usize, index: i32, low: v128, high: v128): v128 {
  if (weights == WEIGHTS_F32) return v128.load(w + (<usize>index << 4));
  const words = index < 2 ? low : high;
  return f32x4.convert_i32x4_s(
    index & 1 ? i32x4.extend_high_i16x8_s(words) : i32x4.extend_low_i16x8_s(words),
  );
}

/** `weights` is WEIGHTS_F32 or WEIGHTS_I8. */
@inline
export function igemmF32x1x16(
  weights: i32, x: usize, w: usize, p: usize, y: usize, table: usize, segments: i32, length: i32,
  rows: i32, cols: i32, xRow: i32, xCol: i32, yRow: i32, yCol: i32, n: i32,
): void {
  const xWrap = wrapStep(cols, xRow, xCol);
  const yWrap = wrapStep(cols, yRow, yCol);
  const tables: usize = weights == WEIGHTS_F32 ? 0 : tableBytes(n, NR);
  const zero = zeroOf(load<f32>(p, MIN));
  for (let c = p + HEADER_BYTES; n > 0; n -= NR) {
    let x0 = x, y0 = y, col = 0, wk = w;
    for (let left = rows * cols; left > 0; left--) {
      let acc0 = f32x4.splat(0), acc1 = acc0, acc2 = acc0, acc3 = acc0;
      wk = w;
      for (let s = 0; s < segments; s++) {
        let a = x0 + load<i32>(table + (<usize>s << 2));
        const end = a + (<usize>length << 2);
        for (; a != end; a += 4) {
          const v = v128.load32_splat(a);
          let low = v, high = v;
          if (weights != WEIGHTS_F32) {
            low = v128.load8x8_s(wk);
            high = v128.load8x8_s(wk, 8);
          }
          acc0 = f32x4.add(acc0, f32x4.mul(v, weights4(weights, wk, 0, low, high)));
          acc1 = f32x4.add(acc1, f32x4.mul(v, weights4(weights, wk, 1, low, high)));
          acc2 = f32x4.add(acc2, f32x4.mul(v, weights4(weights, wk, 2, low, high)));
          acc3 = f32x4.add(acc3, f32x4.mul(v, weights4(weights, wk, 3, low, high)));
          wk += weights == WEIGHTS_F32 ? 4 * NR : NR;
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
