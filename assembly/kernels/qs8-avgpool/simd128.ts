/**
 * @file The requantised sum of each window: lanes are channels. See scalar.ts.
 */

import { finish8, multiplyQ15, shiftToInt16x8 } from "../../requantize";
import { storeBytes8 } from "../../store";
import { endTap, firstTap } from "../../windows";

export function qs8_avgpool__simd128(
  x: usize, y: usize, p: usize, inH: i32, inW: i32, kh: i32, kw: i32, strideH: i32, strideW: i32,
  padTop: i32, padLeft: i32, dilationH: i32, dilationW: i32, rows: i32, cols: i32,
  xRow: i32, xCol: i32, yRow: i32, yCol: i32, channels: i32,
): void {
  const bias = v128.load32_splat(p), shift = load<i32>(p, 4);
  const multiplier = v128.load16_splat(p, 8);
  for (let row = 0; row < rows; row++) {
    const top = row * strideH - padTop;
    const ky0 = firstTap(top, dilationH), ky1 = endTap(top, inH, kh, dilationH);
    for (let col = 0; col < cols; col++) {
      const left = col * strideW - padLeft;
      const kx0 = firstTap(left, dilationW), kx1 = endTap(left, inW, kw, dilationW);
      const pixel = y + <usize>(row * yRow + col * yCol);
      let at: usize = 0;
      for (let n = channels; n > 0; n -= 8) {
        let low = bias, high = bias;
        for (let ky = ky0; ky < ky1; ky++) {
          let a = x + at + <usize>((top + ky * dilationH) * xRow + (left + kx0 * dilationW) * xCol);
          for (let kx = kx0; kx < kx1; kx++) {
            const v = v128.load8x8_s(a);
            low = i32x4.add(low, i32x4.extend_low_i16x8_s(v));
            high = i32x4.add(high, i32x4.extend_high_i16x8_s(v));
            a += dilationW * xCol;
          }
        }
        const t = shiftToInt16x8(low, high, shift);
        const q = finish8(multiplyQ15(t, multiplier), p + 12);
        storeBytes8(pixel + at, i64x2.extract_lane(i8x16.narrow_i16x8_s(q, q), 0), n);
        at += 8;
      }
    }
  }
}
