/**
 * @file y[pixel][c] = clamp(bias[c] + sum over taps of x[tap][c] · w[tap][c]), one at a time.
 *
 * Layout    w: f32[kh · kw][channels]
 * Order     taps row after row, each product and each sum rounded
 */

import { clampF32 } from "../../clamp";
import { HEADER_BYTES } from "../../layout";

export function f32_f32_dwconv_minmax_1x1__scalar(
  x: usize, w: usize, p: usize, y: usize, kh: i32, kw: i32, xTapRow: i32, xTapCol: i32,
  rows: i32, cols: i32, xRow: i32, xCol: i32, yRow: i32, yCol: i32, channels: i32,
): void {
  const bias = p + HEADER_BYTES;
  const tapBytes = <usize>channels << 2;
  for (let row = 0; row < rows; row++) {
    for (let col = 0; col < cols; col++) {
      const window = x + <usize>(row * xRow + col * xCol);
      const pixel = y + <usize>(row * yRow + col * yCol);
      for (let c: usize = 0; c < tapBytes; c += 4) {
        let acc: f32 = 0;
        let wk = w + c;
        for (let ky = 0; ky < kh; ky++) {
          let a = window + c + <usize>(ky * xTapRow);
          for (let kx = 0; kx < kw; kx++) {
            acc += load<f32>(a) * load<f32>(wk);
            a += xTapCol;
            wk += tapBytes;
          }
        }
        store<f32>(pixel + c, clampF32(acc + load<f32>(bias + c), p));
      }
    }
  }
}
