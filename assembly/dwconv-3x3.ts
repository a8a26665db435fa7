/**
 * @file Depthwise 3×3 filters of stride 1 on int8: 4 neighbouring output pixels by 8 channels.
 *
 * The rows above and in the middle of a column are paired for `dot_i16x8_s`, as are
 * neighbouring columns of the row below; a pair serves all pixels whose windows
 * hold it. A row of output is done for 8 channels before the next 8, so that the
 * image's rows stay in the cache, and the weights where the engine keeps them.
 *
 * Layout    w: per two taps, per channel (padded to 8), two bytes
 */

import { finishTile4 } from "./finish-tile";
import { HEADER_BYTES, REQUANT, tableBytes } from "./layout";

/** Output pixels at once; rows are at least so long. */
export const PIXELS = 4;

/** (a0, b0, a1, b1, …) of the bytes at `a` and `b`. */
@inline
function pairBytes(a: usize, b: usize): v128 {
  return i8x16.shuffle(
    v128.load64_zero(a), v128.load64_zero(b), 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23,
  );
}

@inline
function low(bytes: v128): v128 {
  return i16x8.extend_low_i8x16_s(bytes);
}

@inline
function high(bytes: v128): v128 {
  return i16x8.extend_high_i8x16_s(bytes);
}

/** The first of each pair of `a` beside the second of each pair of `b`. */
@inline
function firstSecond(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 0, 17, 2, 19, 4, 21, 6, 23, 8, 25, 10, 27, 12, 29, 14, 31);
}

/** The second of each pair of `a` beside the first of each pair of `b`. */
@inline
function secondFirst(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 1, 16, 3, 18, 5, 20, 7, 22, 9, 24, 11, 26, 13, 28, 15, 30);
}

/** One pixel's sums: three columns of two rows, and two pairs of the third row. */
@inline
function window(
  p0: v128, w0: v128, p1: v128, w1: v128, p2: v128, w2: v128, q0: v128, v0: v128, q2: v128, v2: v128,
): v128 {
  const above = i32x4.add(
    i32x4.add(i32x4.dot_i16x8_s(p0, w0), i32x4.dot_i16x8_s(p1, w1)), i32x4.dot_i16x8_s(p2, w2),
  );
  const below = i32x4.add(i32x4.dot_i16x8_s(q0, v0), i32x4.dot_i16x8_s(q2, v2));
  return i32x4.add(above, below);
}

/** Requires kh = kw = 3, xCol = xTapCol, cols ≥ PIXELS. */
@inline
export function dwconv3x3(
  x: usize, w: usize, p: usize, y: usize, xTapRow: i32, rows: i32, cols: i32, xRow: i32, xCol: i32,
  yRow: i32, yCol: i32, channels: i32,
): void {
  const pairBlock = <usize>((channels + 7) & -8) << 1;
  const bias = p + HEADER_BYTES;
  const multipliers = bias + tableBytes(channels, 8);
  const none = i32x4.splat(0);
  for (; rows > 0; rows--) {
    for (let c = 0; c < channels; c += 8) {
      let wk = w + (<usize>c << 1);
      const k0 = v128.load(wk);
      wk += pairBlock;
      const k1 = v128.load(wk);
      wk += pairBlock;
      const k2 = v128.load(wk);
      wk += pairBlock;
      const k3 = v128.load(wk), k4 = v128.load(wk + pairBlock);
      const column0 = firstSecond(k0, k1), column1 = secondFirst(k0, k2);
      const column2 = firstSecond(k1, k2), last = firstSecond(k4, none);
      const w0 = low(column0), w1 = low(column1), w2 = low(column2);
      const h0 = high(column0), h1 = high(column1), h2 = high(column2);
      const v0 = low(k3), v2 = low(last), g0 = high(k3), g2 = high(last);
      for (let col = 0; col < cols; ) {
        const from = min<i32>(col, cols - PIXELS);
        col += PIXELS;
        const a0 = x + c + from * xCol, b0 = a0 + xTapRow, c0 = b0 + xTapRow;
        const step = <usize>xCol;
        const p0 = pairBytes(a0, b0);
        const p1 = pairBytes(a0 + step, b0 + step);
        const p2 = pairBytes(a0 + 2 * step, b0 + 2 * step);
        const p3 = pairBytes(a0 + 3 * step, b0 + 3 * step);
        const p4 = pairBytes(a0 + 4 * step, b0 + 4 * step);
        const p5 = pairBytes(a0 + 5 * step, b0 + 5 * step);
        const q0 = pairBytes(c0, c0 + step);
        const q1 = pairBytes(c0 + step, c0 + 2 * step);
        const q2 = pairBytes(c0 + 2 * step, c0 + 3 * step);
        const q3 = pairBytes(c0 + 3 * step, c0 + 4 * step);
        const q4 = pairBytes(c0 + 4 * step, c0 + 5 * step);
        const q5 = pairBytes(c0 + 5 * step, c0 + 5 * step);
        const low0 = window(low(p0), w0, low(p1), w1, low(p2), w2, low(q0), v0, low(q2), v2);
        const low1 = window(low(p1), w0, low(p2), w1, low(p3), w2, low(q1), v0, low(q3), v2);
        const low2 = window(low(p2), w0, low(p3), w1, low(p4), w2, low(q2), v0, low(q4), v2);
        const low3 = window(low(p3), w0, low(p4), w1, low(p5), w2, low(q3), v0, low(q5), v2);
        const high0 = window(high(p0), h0, high(p1), h1, high(p2), h2, high(q0), g0, high(q2), g2);
        const high1 = window(high(p1), h0, high(p2), h1, high(p3), h2, high(q1), g0, high(q3), g2);
        const high2 = window(high(p2), h0, high(p3), h1, high(p4), h2, high(q2), g0, high(q4), g2);
        const high3 = window(high(p3), h0, high(p4), h1, high(p5), h2, high(q3), g0, high(q5), g2);
        const y0 = y + from * yCol, y1 = y0 + yCol, y2 = y1 + yCol;
        finishTile4(
          REQUANT, y0, y1, y2, y2 + yCol, low0, high0, low1, high1, low2, high2, low3, high3,
          c, channels - c, bias, multipliers, p, none,
        );
      }
    }
    x += xRow;
    y += yRow;
  }
}
