/**
 * @file y[pixel][c] = requantize(bias[c] + sum over taps of x[tap][c] · w[tap][c]), one at a time.
 *
 * Layout    w: i8[kh · kw][channels]
 */

import { HEADER_BYTES, tableBytes } from "../../layout";
import { requantize } from "../../requantize";

export function qs8_qc8w_dwconv_requant_1x1__scalar(
  x: usize, w: usize, p: usize, y: usize, kh: i32, kw: i32, xTapRow: i32, xTapCol: i32,
  rows: i32, cols: i32, xRow: i32, xCol: i32, yRow: i32, yCol: i32, channels: i32,
): void {
  const bias = p + HEADER_BYTES;
  const multipliers = bias + tableBytes(channels, 1);
  for (let row = 0; row < rows; row++) {
    for (let col = 0; col < cols; col++) {
      const window = x + <usize>(row * xRow + col * xCol);
      const pixel = y + <usize>(row * yRow + col * yCol);
      for (let c = 0; c < channels; c++) {
        let acc = load<i32>(bias + (<usize>c << 2));
        let wk = w + c;
        for (let ky = 0; ky < kh; ky++) {
          let a = window + c + <usize>(ky * xTapRow);
          for (let kx = 0; kx < kw; kx++) {
            acc += <i32>load<i8>(a) * <i32>load<i8>(wk);
            a += xTapCol;
            wk += channels;
          }
        }
        const multiplier = load<i16>(multipliers + (<usize>c << 1));
        store<i8>(pixel + c, <i8>requantize(acc, multiplier, p));
      }
    }
  }
}
