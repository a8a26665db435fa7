/** @file What is proven of sums: how large they can be. */

import type { Interval } from "../../core/interval.ts";
import { type Requantization, roundingOf } from "../../core/requantize.ts";

const INT16_MAX = 32767;

/** The largest |start + Σ w·x| for weights `first` … `end` and any x within `range`. */
export function largestSum(
  weights: ArrayLike<number>,
  [first, end]: readonly [number, number],
  { min, max }: Interval,
  start = 0,
): number {
  let most = start;
  let least = start;
  for (let k = first; k < end; k++) {
    const weight = weights[k]!;
    most += weight * (weight > 0 ? max : min);
    least += weight * (weight > 0 ? min : max);
  }
  return Math.max(Math.abs(most), Math.abs(least));
}

/** Whether sums up to ±`bound` fit 16 bits. */
export function fitsLane(bound: number): boolean {
  return bound <= INT16_MAX;
}

/** A sum up to ±`bound` has no fewer parts that fit 16 bits. */
export function leastParts(bound: number): number {
  return Math.ceil(bound / INT16_MAX);
}

/**
 * Whether sums up to ±`bound` can be halves that fit 16 bits each: their
 * average, rounding included, fits too.
 */
export function fitsHalves(bound: number, requantization: Requantization): boolean {
  const { shift } = requantization;
  return shift >= 1 && fitsLane((bound + roundingOf(requantization)) / 2);
}

/** The same on the way to their shifted form: they start with the rounding, or a left shift multiplies. */
export function fitsShiftedLane(bound: number, requantization: Requantization): boolean {
  const { shift } = requantization;
  return fitsLane(shift > 0 ? bound + roundingOf(requantization) : bound * 2 ** -shift);
}
