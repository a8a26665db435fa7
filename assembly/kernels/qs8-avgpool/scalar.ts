/**
 * @file The requantised sum of each window.
 *
 * acc = bias + Σ x, then core/requantize.ts with one multiplier.
 * `p` → i32 bias, shift, multiplier, zeroPoint, min, max
 * Requires  every window lies inside the image
 */

import { shiftToInt16 } from "../../requantize";
import { endTap, firstTap } from "../../windows";

export function qs8_avgpool__scalar(
  x: usize, y: usize, p: usize, inH: i32, inW: i32, kh: i32, kw: i32, strideH: i32, strideW: i32,
  padTop: i32, padLeft: i32, dilationH: i32, dilationW: i32, rows: i32, cols: i32,
  xRow: i32, xCol: i32, yRow: i32, yCol: i32, channels: i32,
): void {
  const bias = load<i32>(p), shift = load<i32>(p, 4), multiplier = load<i32>(p, 8);
  const zeroPoint = load<i32>(p, 12), lo = load<i32>(p, 16), hi = load<i32>(p, 20);
  for (let row = 0; row < rows; row++) {
    const top = row * strideH - padTop;
    const ky0 = firstTap(top, dilationH), ky1 = endTap(top, inH, kh, dilationH);
    for (let col = 0; col < cols; col++) {
      const left = col * strideW - padLeft;
      const kx0 = firstTap(left, dilationW), kx1 = endTap(left, inW, kw, dilationW);
      const pixel = y + <usize>(row * yRow + col * yCol);
      for (let c: usize = 0; c < <usize>channels; c++) {
        let acc = bias;
        for (let ky = ky0; ky < ky1; ky++) {
          let a = x + c + <usize>((top + ky * dilationH) * xRow + (left + kx0 * dilationW) * xCol);
          for (let kx = kx0; kx < kx1; kx++) {
            acc += load<i8>(a);
            a += dilationW * xCol;
          }
        }
        const q = zeroPoint + ((shiftToInt16(acc, shift) * multiplier + 16384) >> 15);
        store<i8>(pixel + c, <i8>min<i32>(max<i32>(q, lo), hi));
      }
    }
  }
}
