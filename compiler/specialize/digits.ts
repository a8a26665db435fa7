/**
 * @file Integer weights as trits: w = Σ 2^p · d_p, with digits d_p of −1, 0
 * and +1 of which no two neighbours are other than 0.
 *
 * No form of w has fewer digits other than 0. A filter of weights of few bits
 * is then a few ternary ones, a **row** for each place p, whose sums count
 * twice from one place to the next.
 *
 * **Source** the non-adjacent form of Reitwiesner, Binary Arithmetic (1960).
 */

import { type CodeConvolution, tapsOf } from "./layer.ts";

/** Weights of more places are better multiplied with. */
export const MAX_PLACES = 6;

/** The digits of one place of a channel's weights. */
export interface Row {
  readonly channel: number;
  readonly place: number;
}

/** The digit of `weight` at place `place`: −1, 0 or 1. */
export function digitOf(weight: number, place: number): number {
  return (((3 * weight) >> (place + 1)) & 1) - ((weight >> (place + 1)) & 1);
}

/** The rows of `channels`: each has one at least, and they go from place 0 up. */
export function rowsOf(conv: CodeConvolution, channels: readonly number[]): Row[] {
  return channels.flatMap(channel =>
    Array.from({ length: placesOf(conv, channel) }, (_, place) => ({ channel, place })),
  );
}

/** Places of the weights of all channels, 1 for trits. */
export function mostPlaces(conv: CodeConvolution): number {
  const all = Array.from({ length: conv.output.channels }, (_, channel) => placesOf(conv, channel));
  return Math.max(1, ...all);
}

function placesOf(conv: CodeConvolution, channel: number): number {
  const taps = tapsOf(conv);
  let largest = 1;
  for (let tap = 0; tap < taps; tap++) {
    largest = Math.max(largest, Math.abs(conv.weights[channel * taps + tap]!));
  }
  // The highest digit of w is at place p if 2^(p+1) ≤ 3·|w| < 2^(p+2).
  return 31 - Math.clz32(3 * largest);
}
