/** @file What becomes of f32 sums in SIMD lanes: scale, bias, clamp, store. */

import { clampF32x4 } from "./clamp";
import { MAX, MIN } from "./layout";
import { storeWords4 } from "./store";

/**
 * Four results. `c` points at the channels' entries of the first table;
 * `tables` is 0 if that is the bias, else the distance from the scales to it.
 */
@inline
export function finishF32x4(acc: v128, c: usize, tables: usize, p: usize, zero: v128): v128 {
  if (tables != 0) acc = f32x4.mul(acc, v128.load(c));
  acc = f32x4.add(acc, v128.load(c + tables));
  return clampF32x4(acc, v128.load32_splat(p, MIN), v128.load32_splat(p, MAX), zero);
}

/** Stores `n`, at most 8, results of one pixel. */
@inline
export function finishPixel8(
  y: usize, low: v128, high: v128, c: usize, tables: usize, p: usize, zero: v128, n: i32,
): void {
  low = finishF32x4(low, c, tables, p, zero);
  high = finishF32x4(high, c + 16, tables, p, zero);
  if (n >= 8) {
    v128.store(y, low);
    v128.store(y, high, 16);
  } else {
    storeWords4(y, low, n);
    if (n > 4) storeWords4(y + 16, high, n - 4);
  }
}
