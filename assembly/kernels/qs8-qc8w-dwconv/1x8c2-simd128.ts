/**
 * @file The depthwise filter on int8: lanes are channels, 8 at once; two taps to a multiplication.
 *
 * The bytes of two taps are interleaved and widened, which gives every channel
 * a pair for `dot_i16x8_s`. An odd last tap is paired with itself: its partner's
 * weight is padding.
 *
 * Layout    w: per two taps, per channel (padded to 8), two bytes
 */

import { finishPixelI32 } from "../../finish-i32";
import { HEADER_BYTES, REQUANT, tableBytes } from "../../layout";

export function qs8_qc8w_dwconv_requant_1x8c2__simd128(
  x: usize, w: usize, p: usize, y: usize, kh: i32, kw: i32, xTapRow: i32, xTapCol: i32,
  rows: i32, cols: i32, xRow: i32, xCol: i32, yRow: i32, yCol: i32, channels: i32,
): void {
  const pairBytes = <usize>((channels + 7) & -8) << 1;
  const bias = p + HEADER_BYTES;
  const multipliers = bias + tableBytes(channels, 8);
  const taps = kh * kw;
  const tapWrap = xTapRow - (kw - 1) * xTapCol;
  const none = i32x4.splat(0);
  for (let row = 0; row < rows; row++) {
    let window = x + <usize>(row * xRow);
    let pixel = y + <usize>(row * yRow);
    for (let col = 0; col < cols; col++) {
      for (let c = 0; c < channels; c += 8) {
        let low = none, high = none;
        let wk = w + (<usize>c << 1);
        let a = window + c;
        let kx = 0;
        for (let tap = 0; tap < taps; tap += 2) {
          const first = a;
          if (tap + 1 < taps) {
            kx = kx + 1 < kw ? kx + 1 : 0;
            a += kx ? xTapCol : tapWrap;
          }
          const x0 = v128.load64_zero(first), x1 = v128.load64_zero(a);
          const pairs = i8x16.shuffle(x0, x1, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
          const xLow = i16x8.extend_low_i8x16_s(pairs), xHigh = i16x8.extend_high_i8x16_s(pairs);
          low = i32x4.add(low, i32x4.dot_i16x8_s(xLow, v128.load8x8_s(wk)));
          high = i32x4.add(high, i32x4.dot_i16x8_s(xHigh, v128.load8x8_s(wk, 8)));
          kx = kx + 1 < kw ? kx + 1 : 0;
          a += kx ? xTapCol : tapWrap;
          wk += pairBytes;
        }
        const left = channels - c;
        finishPixelI32(REQUANT, pixel, low, high, c, left, bias, multipliers, p, none);
      }
      window += xCol;
      pixel += yCol;
    }
  }
}
