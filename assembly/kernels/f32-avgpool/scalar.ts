/**
 * @file The mean of each window: the sum in window order, divided by the number of taps.
 *
 * `p` = 1 counts taps in the padding, too; else they are left out.
 */

import { endTap, firstTap } from "../../windows";

export function f32_avgpool__scalar(
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
      const inside = max<i32>(ky1 - ky0, 0) * max<i32>(kx1 - kx0, 0);
      const count = <f32>(p == 1 ? kh * kw : inside);
      for (let c: usize = 0; c < <usize>channels << 2; c += 4) {
        let sum: f32 = 0;
        for (let ky = ky0; ky < ky1; ky++) {
          let a = x + c + <usize>((top + ky * dilationH) * xRow + (left + kx0 * dilationW) * xCol);
          for (let kx = kx0; kx < kx1; kx++) {
            sum += load<f32>(a);
            a += dilationW * xCol;
          }
        }
        store<f32>(pixel + c, sum / count);
      }
    }
  }
}
