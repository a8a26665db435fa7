/**
 * @file The depthwise filter on int8: 4 output pixels by 8 channels, two taps to a multiplication.
 *
 * Two taps are widened and interleaved, which gives every channel a pair for
 * `dot_i16x8_s`. An odd last tap is paired with itself: its partner's
 * weight is padding.
 *
 * Layout    w: per two taps, per channel (padded to 8), two bytes
 */

import { dwconv3x3, PIXELS } from "../../dwconv-3x3";
import { finishTile4 } from "../../finish-tile";
import { HEADER_BYTES, REQUANT, tableBytes } from "../../layout";
import { highPairs, lowPairs } from "../../pairs";
import { nextColumn, nextPixel, wrapStep } from "../../pixels";

export function qs8_qc8w_dwconv_requant_4x8c2__simd128(
  x: usize, w: usize, p: usize, y: usize, kh: i32, kw: i32, xTapRow: i32, xTapCol: i32,
  rows: i32, cols: i32, xRow: i32, xCol: i32, yRow: i32, yCol: i32, channels: i32,
): void {
  if (kh == 3 && kw == 3 && xCol == xTapCol && cols >= PIXELS) {
    dwconv3x3(x, w, p, y, xTapRow, rows, cols, xRow, xCol, yRow, yCol, channels);
    return;
  }
  const pairBytes = <usize>((channels + 7) & -8) << 1;
  const bias = p + HEADER_BYTES;
  const multipliers = bias + tableBytes(channels, 8);
  const taps = kh * kw;
  const tapWrap = wrapStep(kw, xTapRow, xTapCol);
  const none = i32x4.splat(0);
  const xWrap = wrapStep(cols, xRow, xCol);
  const yWrap = wrapStep(cols, yRow, yCol);
  let x0 = x, y0 = y, col = 0;
  for (let left = rows * cols; left > 0; left -= 4) {
    const col1 = nextColumn(col, cols), col2 = nextColumn(col1, cols);
    const col3 = nextColumn(col2, cols);
    const x1 = left > 1 ? nextPixel(x0, col1, xCol, xWrap) : x0;
    const y1 = left > 1 ? nextPixel(y0, col1, yCol, yWrap) : y0;
    const x2 = left > 2 ? nextPixel(x1, col2, xCol, xWrap) : x1;
    const y2 = left > 2 ? nextPixel(y1, col2, yCol, yWrap) : y1;
    const x3 = left > 3 ? nextPixel(x2, col3, xCol, xWrap) : x2;
    const y3 = left > 3 ? nextPixel(y2, col3, yCol, yWrap) : y2;
    for (let c = 0; c < channels; c += 8) {
      let low0 = none, low1 = none, low2 = none, low3 = none;
      let high0 = none, high1 = none, high2 = none, high3 = none;
      let wk = w + (<usize>c << 1);
      let k1 = <usize>c;
      let kx = 0;
      for (let tap = 0; tap < taps; tap += 2) {
        const k0 = k1;
        if (tap + 1 < taps) {
          kx = nextColumn(kx, kw);
          k1 = nextPixel(k0, kx, xTapCol, tapWrap);
        }
        const w0 = v128.load8x8_s(wk), w1 = v128.load8x8_s(wk, 8);
        let a = v128.load8x8_s(x0 + k0), b = v128.load8x8_s(x0 + k1);
        low0 = i32x4.add(low0, i32x4.dot_i16x8_s(lowPairs(a, b), w0));
        high0 = i32x4.add(high0, i32x4.dot_i16x8_s(highPairs(a, b), w1));
        a = v128.load8x8_s(x1 + k0);
        b = v128.load8x8_s(x1 + k1);
        low1 = i32x4.add(low1, i32x4.dot_i16x8_s(lowPairs(a, b), w0));
        high1 = i32x4.add(high1, i32x4.dot_i16x8_s(highPairs(a, b), w1));
        a = v128.load8x8_s(x2 + k0);
        b = v128.load8x8_s(x2 + k1);
        low2 = i32x4.add(low2, i32x4.dot_i16x8_s(lowPairs(a, b), w0));
        high2 = i32x4.add(high2, i32x4.dot_i16x8_s(highPairs(a, b), w1));
        a = v128.load8x8_s(x3 + k0);
        b = v128.load8x8_s(x3 + k1);
        low3 = i32x4.add(low3, i32x4.dot_i16x8_s(lowPairs(a, b), w0));
        high3 = i32x4.add(high3, i32x4.dot_i16x8_s(highPairs(a, b), w1));
        kx = nextColumn(kx, kw);
        k1 = nextPixel(k1, kx, xTapCol, tapWrap);
        wk += pairBytes;
      }
      const n = channels - c;
      finishTile4(
        REQUANT, y0, y1, y2, y3, low0, high0, low1, high1, low2, high2, low3, high3,
        c, n, bias, multipliers, p, none,
      );
    }
    col = nextColumn(col3, cols);
    x0 = nextPixel(x3, col, xCol, xWrap);
    y0 = nextPixel(y3, col, yCol, yWrap);
  }
}
