/**
 * @file What becomes of the 32-bit sums of four pixels by eight channels.
 *
 * As finish-i32.ts, but tables, bounds and the choice of the shift are read
 * once for all four. Not inlined: a tile calls it once.
 */

import { clampF32x4 } from "./clamp";
import { DEQUANT, MAX, MIN, REQUANT_MAX, REQUANT_MIN, SHIFT, ZERO_POINT } from "./layout";
import { multiplyQ15 } from "./requantize";
import { storeBytes8, storeWords4 } from "./store";

/**
 * Stores `n`, at most 8, results of each pixel from channel `c` on, given the
 * sums of channels c…c+3 in `lowI` and c+4…c+7 in `highI`; `bias` and
 * `factors` are the tables of a `requant` or `dequant` block, whose header is `p`.
 */
@inline
export function finishTile4(
  epilogue: i32, y0: usize, y1: usize, y2: usize, y3: usize, low0: v128, high0: v128,
  low1: v128, high1: v128, low2: v128, high2: v128, low3: v128, high3: v128,
  c: i32, n: i32, bias: usize, factors: usize, p: usize, zero: v128,
): void {
  const words = <usize>c << 2;
  if (epilogue == DEQUANT) {
    dequantizeTile4(
      y0 + words, y1 + words, y2 + words, y3 + words, low0, high0, low1, high1, low2, high2,
      low3, high3, n, bias + words, factors + words, p, zero,
    );
  } else {
    requantizeTile4(
      y0 + c, y1 + c, y2 + c, y3 + c, low0, high0, low1, high1, low2, high2, low3, high3,
      n, bias + words, factors + (<usize>c << 1), p,
    );
  }
}

/** acc ⊕ s for s > 0. The rounding bit is added after the shift: acc + 2^(s−1) might overflow. */
@inline
function shiftDown(acc: v128, shift: i32, one: v128): v128 {
  const half = v128.and(i32x4.shr_s(acc, shift - 1), one);
  return i32x4.add(i32x4.shr_s(acc, shift), half);
}

/** sat16(acc ⊕ s) for s < 0, given sat16(acc). */
@inline
function shiftUp(t: v128, bits: i32): v128 {
  return i16x8.narrow_i32x4_s(
    i32x4.shl(i32x4.extend_low_i16x8_s(t), bits), i32x4.shl(i32x4.extend_high_i16x8_s(t), bits),
  );
}

function requantizeTile4(
  y0: usize, y1: usize, y2: usize, y3: usize, low0: v128, high0: v128, low1: v128, high1: v128,
  low2: v128, high2: v128, low3: v128, high3: v128, n: i32, bias: usize, multipliers: usize,
  p: usize,
): void {
  const lowBias = v128.load(bias), highBias = v128.load(bias, 16);
  low0 = i32x4.add(low0, lowBias);
  low1 = i32x4.add(low1, lowBias);
  low2 = i32x4.add(low2, lowBias);
  low3 = i32x4.add(low3, lowBias);
  high0 = i32x4.add(high0, highBias);
  high1 = i32x4.add(high1, highBias);
  high2 = i32x4.add(high2, highBias);
  high3 = i32x4.add(high3, highBias);
  const shift = load<i32>(p, SHIFT);
  if (shift > 0) {
    const one = i32x4.splat(1);
    low0 = shiftDown(low0, shift, one);
    low1 = shiftDown(low1, shift, one);
    low2 = shiftDown(low2, shift, one);
    low3 = shiftDown(low3, shift, one);
    high0 = shiftDown(high0, shift, one);
    high1 = shiftDown(high1, shift, one);
    high2 = shiftDown(high2, shift, one);
    high3 = shiftDown(high3, shift, one);
  }
  let t0 = i16x8.narrow_i32x4_s(low0, high0), t1 = i16x8.narrow_i32x4_s(low1, high1);
  let t2 = i16x8.narrow_i32x4_s(low2, high2), t3 = i16x8.narrow_i32x4_s(low3, high3);
  if (shift < 0) {
    t0 = shiftUp(t0, -shift);
    t1 = shiftUp(t1, -shift);
    t2 = shiftUp(t2, -shift);
    t3 = shiftUp(t3, -shift);
  }
  const m = v128.load(multipliers), zeroPoint = v128.load16_splat(p, ZERO_POINT);
  const lowest = v128.load8_splat(p, REQUANT_MIN), highest = v128.load8_splat(p, REQUANT_MAX);
  t0 = i16x8.add_sat_s(multiplyQ15(t0, m), zeroPoint);
  t1 = i16x8.add_sat_s(multiplyQ15(t1, m), zeroPoint);
  t2 = i16x8.add_sat_s(multiplyQ15(t2, m), zeroPoint);
  t3 = i16x8.add_sat_s(multiplyQ15(t3, m), zeroPoint);
  const q01 = i8x16.min_s(i8x16.max_s(i8x16.narrow_i16x8_s(t0, t1), lowest), highest);
  const q23 = i8x16.min_s(i8x16.max_s(i8x16.narrow_i16x8_s(t2, t3), lowest), highest);
  if (n >= 8) {
    v128.store64_lane(y0, q01, 0);
    v128.store64_lane(y1, q01, 1);
    v128.store64_lane(y2, q23, 0);
    v128.store64_lane(y3, q23, 1);
  } else {
    storeBytes8(y0, i64x2.extract_lane(q01, 0), n);
    storeBytes8(y1, i64x2.extract_lane(q01, 1), n);
    storeBytes8(y2, i64x2.extract_lane(q23, 0), n);
    storeBytes8(y3, i64x2.extract_lane(q23, 1), n);
  }
}

function dequantizeTile4(
  y0: usize, y1: usize, y2: usize, y3: usize, low0: v128, high0: v128, low1: v128, high1: v128,
  low2: v128, high2: v128, low3: v128, high3: v128, n: i32, bias: usize, scales: usize,
  p: usize, zero: v128,
): void {
  const lo = v128.load32_splat(p, MIN), hi = v128.load32_splat(p, MAX);
  let b = v128.load(bias), scale = v128.load(scales);
  storeWords4(y0, dequantize4(low0, b, scale, lo, hi, zero), n);
  storeWords4(y1, dequantize4(low1, b, scale, lo, hi, zero), n);
  storeWords4(y2, dequantize4(low2, b, scale, lo, hi, zero), n);
  storeWords4(y3, dequantize4(low3, b, scale, lo, hi, zero), n);
  if (n <= 4) return;
  b = v128.load(bias, 16);
  scale = v128.load(scales, 16);
  storeWords4(y0 + 16, dequantize4(high0, b, scale, lo, hi, zero), n - 4);
  storeWords4(y1 + 16, dequantize4(high1, b, scale, lo, hi, zero), n - 4);
  storeWords4(y2 + 16, dequantize4(high2, b, scale, lo, hi, zero), n - 4);
  storeWords4(y3 + 16, dequantize4(high3, b, scale, lo, hi, zero), n - 4);
}

@inline
function dequantize4(acc: v128, bias: v128, scale: v128, lo: v128, hi: v128, zero: v128): v128 {
  const v = f32x4.convert_i32x4_s(i32x4.add(acc, bias));
  return clampF32x4(f32x4.mul(v, scale), lo, hi, zero);
}
