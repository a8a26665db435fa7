/**
 * @file The depthwise filter on f32: lanes are channels, 8 or 4 at once.
 *
 * Layout    w: f32[kh · kw][channels padded to 4]
 * Order     as in 1x1-scalar.ts
 */

import { zeroOf } from "../../clamp";
import { finishF32x4 } from "../../finish-f32";
import { HEADER_BYTES, MIN } from "../../layout";
import { storeWords4 } from "../../store";

export function f32_f32_dwconv_minmax_1x4__simd128(
  x: usize, w: usize, p: usize, y: usize, kh: i32, kw: i32, xTapRow: i32, xTapCol: i32,
  rows: i32, cols: i32, xRow: i32, xCol: i32, yRow: i32, yCol: i32, channels: i32,
): void {
  const tapBytes = <usize>((channels + 3) & -4) << 2;
  const zero = zeroOf(load<f32>(p, MIN));
  for (let row = 0; row < rows; row++) {
    let window = x + <usize>(row * xRow);
    let pixel = y + <usize>(row * yRow);
    for (let col = 0; col < cols; col++) {
      let left = channels;
      let at: usize = 0;
      for (; left > 4; left -= 8) {
        let acc0 = f32x4.splat(0), acc1 = acc0;
        let wk = w + at;
        for (let ky = 0; ky < kh; ky++) {
          let a = window + at + <usize>(ky * xTapRow);
          for (let kx = 0; kx < kw; kx++) {
            acc0 = f32x4.add(acc0, f32x4.mul(v128.load(a), v128.load(wk)));
            acc1 = f32x4.add(acc1, f32x4.mul(v128.load(a, 16), v128.load(wk, 16)));
            a += xTapCol;
            wk += tapBytes;
          }
        }
        const bias = p + HEADER_BYTES + at;
        v128.store(pixel + at, finishF32x4(acc0, bias, 0, p, zero));
        storeWords4(pixel + at + 16, finishF32x4(acc1, bias + 16, 0, p, zero), left - 4);
        at += 32;
      }
      if (left > 0) {
        let acc = f32x4.splat(0);
        let wk = w + at;
        for (let ky = 0; ky < kh; ky++) {
          let a = window + at + <usize>(ky * xTapRow);
          for (let kx = 0; kx < kw; kx++) {
            acc = f32x4.add(acc, f32x4.mul(v128.load(a), v128.load(wk)));
            a += xTapCol;
            wk += tapBytes;
          }
        }
        const bias = p + HEADER_BYTES + at;
        storeWords4(pixel + at, finishF32x4(acc, bias, 0, p, zero), left);
      }
      window += xCol;
      pixel += yCol;
    }
  }
}
