/**
 * @file What becomes of 32-bit sums in SIMD lanes: requantised to i8, or scaled to f32; stored.
 *
 * The two ways are functions of their own, not inlined: a tile calls them once
 * per pixel, and its code stays small.
 */

import { clampF32x4 } from "./clamp";
import { DEQUANT, MAX, MIN } from "./layout";
import { requantize8 } from "./requantize";
import { storeBytes8, storeWords4 } from "./store";

/**
 * Stores `n`, at most 8, results of one pixel from channel `c` on, given the
 * sums of channels c…c+3 in `low` and c+4…c+7 in `high`; `bias` and `factors`
 * are the tables of a `requant` or `dequant` block, whose header is `p`.
 */
@inline
export function finishPixelI32(
  epilogue: i32, y: usize, low: v128, high: v128, c: i32, n: i32, bias: usize, factors: usize,
  p: usize, zero: v128,
): void {
  const words = <usize>c << 2;
  if (epilogue == DEQUANT) {
    dequantizePixel(y + words, low, high, n, bias + words, factors + words, p, zero);
  } else {
    requantizePixel(y + c, low, high, n, bias + words, factors + (<usize>c << 1), p);
  }
}

function requantizePixel(
  y: usize, low: v128, high: v128, n: i32, bias: usize, multiplier: usize, p: usize,
): void {
  const q = requantize8(low, high, bias, multiplier, p);
  storeBytes8(y, i64x2.extract_lane(i8x16.narrow_i16x8_s(q, q), 0), n);
}

export function dequantizePixel(
  y: usize, low: v128, high: v128, n: i32, bias: usize, scale: usize, p: usize, zero: v128,
): void {
  low = dequantize4(low, bias, scale, p, zero);
  high = dequantize4(high, bias + 16, scale + 16, p, zero);
  storeWords4(y, low, n);
  if (n > 4) storeWords4(y + 16, high, n - 4);
}

@inline
function dequantize4(acc: v128, bias: usize, scale: usize, p: usize, zero: v128): v128 {
  const v = f32x4.convert_i32x4_s(i32x4.add(acc, v128.load(bias)));
  const lo = v128.load32_splat(p, MIN), hi = v128.load32_splat(p, MAX);
  return clampF32x4(f32x4.mul(v, v128.load(scale)), lo, hi, zero);
}
