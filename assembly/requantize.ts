/**
 * @file Requantisation as core/requantize.ts defines it, one sum or eight at a time.
 *
 *     t = sat16(acc ⊕ s)
 *     q = clamp(zp + ((t·m + 2^14) >> 15), min, max)
 */

import { REQUANT_MAX, REQUANT_MIN, SHIFT, ZERO_POINT } from "./layout";

@inline
export function saturate16(value: i32): i32 {
  return min<i32>(max<i32>(value, -32768), 32767);
}

/** sat16(acc ⊕ s). The rounding bit is added after the shift: acc + 2^(s−1) might overflow. */
@inline
export function shiftToInt16(acc: i32, shift: i32): i32 {
  if (shift > 0) return saturate16((acc >> shift) + ((acc >> (shift - 1)) & 1));
  return saturate16(saturate16(acc) << -shift);
}

/** q for one sum; `p` is a `requant` header. */
@inline
export function requantize(acc: i32, multiplier: i32, p: usize): i32 {
  const t = shiftToInt16(acc, load<i32>(p, SHIFT));
  const q = load<i32>(p, ZERO_POINT) + ((t * multiplier + 16384) >> 15);
  return min<i32>(max<i32>(q, load<i32>(p, REQUANT_MIN)), load<i32>(p, REQUANT_MAX));
}

/** sat16(acc ⊕ s) for the sums of channels 0…3 in `low` and 4…7 in `high`. */
@inline
export function shiftToInt16x8(low: v128, high: v128, shift: i32): v128 {
  if (shift > 0) {
    const one = i32x4.splat(1);
    const bits = shift - 1;
    low = i32x4.add(i32x4.shr_s(low, shift), v128.and(i32x4.shr_s(low, bits), one));
    high = i32x4.add(i32x4.shr_s(high, shift), v128.and(i32x4.shr_s(high, bits), one));
    return i16x8.narrow_i32x4_s(low, high);
  }
  const t = i16x8.narrow_i32x4_s(low, high);
  if (shift == 0) return t;
  return i16x8.narrow_i32x4_s(
    i32x4.shl(i32x4.extend_low_i16x8_s(t), -shift),
    i32x4.shl(i32x4.extend_high_i16x8_s(t), -shift),
  );
}

/**
 * (t·m + 2^14) >> 15 in each lane. Requires m in 0…32767: then nothing saturates, and the
 * relaxed instruction, which the engine need not mend, gives the same.
 */
@inline
export function multiplyQ15(t: v128, m: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return i16x8.relaxed_q15mulr_s(t, m);
  return i16x8.q15mulr_sat_s(t, m);
}

/** Eight q as i16; `bias` and `multiplier` point at the tables' entries of the first channel. */
@inline
export function requantize8(low: v128, high: v128, bias: usize, multiplier: usize, p: usize): v128 {
  low = i32x4.add(low, v128.load(bias));
  high = i32x4.add(high, v128.load(bias, 16));
  const t = shiftToInt16x8(low, high, load<i32>(p, SHIFT));
  return finish8(multiplyQ15(t, v128.load(multiplier)), p + ZERO_POINT);
}

/** clamp(zp + v, min, max); `p` → i32 zp, min, max, each within 16 bits. */
@inline
export function finish8(v: v128, p: usize): v128 {
  const q = i16x8.add_sat_s(v, v128.load16_splat(p));
  return i16x8.min_s(i16x8.max_s(q, v128.load16_splat(p, 4)), v128.load16_splat(p, 8));
}
