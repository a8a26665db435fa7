/**
 * @file min(max(v, lo), hi) on f32, with the zeros and NaN of `Math.min` and `Math.max`.
 *
 * The pseudo-minimum and -maximum are single instructions on every machine.
 * With the value as first operand they keep NaN; of two zeros they keep the
 * value's, where −0 has to become +0 if `lo` is +0. Adding `zeroOf(lo)` does
 * that, and changes nothing otherwise.
 *
 * Requires  lo, hi are not −0 and not NaN
 */

import { MAX, MIN } from "./layout";

@inline
export function clampF32(v: f32, p: usize): f32 {
  return min<f32>(max<f32>(v, load<f32>(p, MIN)), load<f32>(p, MAX));
}

/** +0 if `lo` is 0, else −0: what `clampF32x4` adds. */
@inline
export function zeroOf(lo: f32): v128 {
  return f32x4.splat(lo == 0 ? 0.0 : -0.0);
}

@inline
export function clampF32x4(v: v128, lo: v128, hi: v128, zero: v128): v128 {
  return f32x4.add(f32x4.pmin(f32x4.pmax(v, lo), hi), zero);
}
