/**
 * @file The mean of each window: lanes are channels. See scalar.ts.
 */

import { storeWords4 } from "../../store";
import { endTap, firstTap } from "../../windows";

export function f32_avgpool__simd128(
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
      const divisor = f32x4.splat(count);
      let at: usize = 0;
      for (let n = channels; n > 0; n -= 4) {
        let sum = f32x4.splat(0);
        for (let ky = ky0; ky < ky1; ky++) {
          let a = x + at + <usize>((top + ky * dilationH) * xRow + (left + kx0 * dilationW) * xCol);
          for (let kx = kx0; kx < kx1; kx++) {
            sum = f32x4.add(sum, v128.load(a));
            a += dilationW * xCol;
          }
        }
        storeWords4(pixel + at, f32x4.div(sum, divisor), n);
        at += 16;
      }
    }
  }
}
