/**
 * @file The largest i8 of each window; −128 for a window without taps.
 *
 * `p` is not used.
 */

import { endTap, firstTap } from "../../windows";

export function s8_maxpool__scalar(
  x: usize, y: usize, p: usize, inH: i32, inW: i32, kh: i32, kw: i32, strideH: i32, strideW: i32,
  padTop: i32, padLeft: i32, dilationH: i32, dilationW: i32, rows: i32, cols: i32,
  xRow: i32, xCol: i32, yRow: i32, yCol: i32, channels: i32,
): void {
  for (let row = 0; row < rows; row++) {
    const top = row * strideH - padTop;
    const ky0 = firstTap(top, dilationH), ky1 = endTap(top, inH, kh, dilationH);
    for (let col = 0; col < cols; col++) {
      const left = col * strideW - padLeft;
      const kx0 = firstTap(left, dilationW), kx1 = endTap(left, inW, kw, dilationW);
      const pixel = y + <usize>(row * yRow + col * yCol);
      for (let c: usize = 0; c < <usize>channels; c++) {
        let best: i32 = -128;
        for (let ky = ky0; ky < ky1; ky++) {
          let a = x + c + <usize>((top + ky * dilationH) * xRow + (left + kx0 * dilationW) * xCol);
          for (let kx = kx0; kx < kx1; kx++) {
            best = max<i32>(best, load<i8>(a));
            a += dilationW * xCol;
          }
        }
        store<i8>(pixel + c, <i8>best);
      }
    }
  }
}
