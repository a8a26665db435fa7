/**
 * @file The mean term: what weights whose zeros stand for a mean μ add to a sum.
 *
 * Weights are W = s·w + μ with integers w, so a result is s·Σ w·x + μ·Σ x. The
 * second sum, over the window and all input channels, is the same for every
 * output channel. In units of the accumulator, with S = Σ q:
 *
 *     t = sat16(S ⊕ p)
 *     mean[c] = (t·n[c] + 2^(f−1)) >> f
 *
 * p and f are per layer, n per output channel and signed. Where f is 15 this is
 * `i16x8.q15mulr_sat_s`; t never saturates within the proven range of S.
 */

import type { Interval } from "./interval.ts";
import { shiftToInt16 } from "./requantize.ts";

export interface MeanTerm {
  /** p, in 0…16. */
  readonly shift: number;
  /** f, in 0…15. */
  readonly fraction: number;
  /** n per output channel, in −32767…32767. */
  readonly multipliers: readonly number[];
}

export const MEAN_FRACTION = 15;
const MULTIPLIER_MAX = 32767;
const SHIFT_MAX = 16;
const INT16_MAX = 32767;
/** Terms stay below, so that sums of products and a bias have room beside them. */
const TERM_LIMIT = 2 ** 29;

/** What the window sum `sum` adds to the accumulator of `channel`. */
export function meanOf(sum: number, mean: MeanTerm, channel: number): number {
  const t = shiftToInt16(sum, mean.shift);
  const half = mean.fraction === 0 ? 0 : 2 ** (mean.fraction - 1);
  return Math.floor((t * mean.multipliers[channel]! + half) / 2 ** mean.fraction);
}

/** The mean terms of `channel` over all window sums in `sums`; monotone, so its ends. */
export function meanRange(sums: Interval, mean: MeanTerm, channel: number): Interval {
  const [a, b] = [meanOf(sums.min, mean, channel), meanOf(sums.max, mean, channel)];
  return { min: Math.min(a, b), max: Math.max(a, b) };
}

/** The largest |mean[c]| that any window sum can give. */
export function meanBound({ fraction, multipliers }: MeanTerm, channel: number): number {
  return Math.ceil((32768 * Math.abs(multipliers[channel]!)) / 2 ** fraction) + 1;
}

/**
 * Chooses p, f and n: the smallest p for which t does not saturate, the largest
 * f for which the largest n fits 16 bits.
 *
 * `ratios` are μ in units of a weight's step, per channel. `undefined` if a
 * ratio is too large for any f, or a term might reach 2^29.
 */
export function deriveMeanTerm(ratios: readonly number[], sums: Interval): MeanTerm | undefined {
  let shift = 0;
  while (shift < SHIFT_MAX && !fits(sums, shift)) shift++;
  const largest = Math.max(...ratios.map(Math.abs), 0);
  const exact = (ratio: number, fraction: number): number =>
    Math.round(ratio * 2 ** (shift + fraction));
  let fraction = MEAN_FRACTION;
  while (fraction > 0 && exact(largest, fraction) > MULTIPLIER_MAX) fraction--;
  if (!fits(sums, shift) || !(exact(largest, fraction) <= MULTIPLIER_MAX)) return undefined;
  const mean = { shift, fraction, multipliers: ratios.map(ratio => exact(ratio, fraction)) };
  return ratios.every((_, channel) => meanBound(mean, channel) < TERM_LIMIT) ? mean : undefined;
}

function fits({ min, max }: Interval, shift: number): boolean {
  const rounded = (sum: number): number => Math.floor((sum + 2 ** shift / 2) / 2 ** shift);
  return rounded(max) <= INT16_MAX && rounded(min) >= -INT16_MAX - 1;
}
