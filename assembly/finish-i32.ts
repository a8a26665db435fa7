/** @file What becomes of 32-bit sums in SIMD lanes: requantised to i8, or scaled to f32; stored. */

import { clampF32x4 } from "./clamp";
import { DEQUANT, MAX, MIN } from "./layout";
import { requantize8 } from "./requantize";
import { storeBytes8, storeWords4 } from "./store";

@inline
function dequantize4(acc: v128, bias: usize, scale: usize, p: usize, zero: v128): v128 {
  const v = f32x4.convert_i32x4_s(i32x4.add(acc, v128.load(bias)));
  const lo = v128.load32_splat(p, MIN), hi = v128.load32_splat(p, MAX);
  return clampF32x4(f32x4.mul(v, v128.load(scale)), lo, hi, zero);
}

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
    low = dequantize4(low, bias + words, factors + words, p, zero);
    high = dequantize4(high, bias + words + 16, factors + words + 16, p, zero);
    if (n >= 8) {
      v128.store(y + words, low);
      v128.store(y + words, high, 16);
    } else {
      storeWords4(y + words, low, n);
      if (n > 4) storeWords4(y + words + 16, high, n - 4);
    }
  } else {
    const q = requantize8(low, high, bias + words, factors + (<usize>c << 1), p);
    storeBytes8(y + c, i64x2.extract_lane(i8x16.narrow_i16x8_s(q, q), 0), n);
  }
}
