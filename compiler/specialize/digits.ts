/**
 * @file Integer weights as trits: w = Σ 2^p · d_p, with digits d_p of −1, 0
 * and +1, few of them other than 0.
 *
 * A filter of weights of few bits is then a few ternary ones, a **row** for
 * each place p, whose sums count twice from one place to the next. The places
 * of a channel are as many as its largest weight has bits. Within them digits
 * are of the non-adjacent form, which has the fewest other than 0; a weight
 * whose form would take one place more starts with two digits of 1 instead.
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
  /** Of the channel. */
  readonly places: number;
}

/** The digit of `weight` at `place` of 0 … `places` − 1: −1, 0 or 1. Requires |weight| < 2^`places`. */
export function digitOf(weight: number, { place, places }: Pick<Row, "place" | "places">): number {
  let rest = weight;
  for (let top = places - 1; 3 * Math.abs(rest) >= 2 ** (top + 2); top--) {
    if (place === top) return Math.sign(rest);
    rest -= Math.sign(rest) * 2 ** top;
  }
  return (((3 * rest) >> (place + 1)) & 1) - ((rest >> (place + 1)) & 1);
}

/** The rows of `channels`: each has one at least, and they go from place 0 up. */
export function rowsOf(conv: CodeConvolution, channels: readonly number[]): Row[] {
  return channels.flatMap(channel => {
    const places = placesOf(conv, channel);
    return Array.from({ length: places }, (_, place) => ({ channel, place, places }));
  });
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
  return 32 - Math.clz32(largest);
}
