/** @file What blocks of sums find at p: constants, then for each channel what its sum starts as, and its multiplier. */

import { type Requantization, roundingOf } from "../../core/requantize.ts";
import { CONSTANTS_BYTES, packConstants, packSplats } from "./finish-constants.ts";
import type { CodeConvolution } from "./layer.ts";
import { VECTOR_BYTES } from "./pixel-loop.ts";

const CHANNEL_VECTORS = 2;

/** What a sum starts as: the bias, and what the shift adds. */
export function startOf(bias: number, requantization: Requantization): number {
  return bias + roundingOf(requantization);
}

/** Each in all lanes; behind them the words `more`. */
export function packChannels(
  conv: CodeConvolution,
  bias: ArrayLike<number>,
  more: readonly number[],
): Uint8Array {
  const { requantization } = conv;
  const words = Array.from(bias).flatMap((value, channel) => [
    startOf(value, requantization),
    requantization.multipliers[channel]!,
  ]);
  const packed = new Uint8Array(moreOffset(bias.length) + more.length * VECTOR_BYTES);
  packed.set(packConstants(conv));
  packed.set(packSplats([...words, ...more]), CONSTANTS_BYTES);
  return packed;
}

/** Puts what totals of 32 bits of `channels` start as where starts of 16 bits were. */
export function packWideStarts(
  { bias, requantization }: CodeConvolution,
  channels: Iterable<number>,
  packed: Uint8Array,
): void {
  const view = new DataView(packed.buffer);
  for (const channel of channels) {
    for (let lane = 0; lane < VECTOR_BYTES; lane += 4) {
      view.setInt32(startOffset(channel) + lane, startOf(bias[channel]!, requantization), true);
    }
  }
}

export function startOffset(channel: number): number {
  return CONSTANTS_BYTES + CHANNEL_VECTORS * channel * VECTOR_BYTES;
}

export function multiplierOffset(channel: number): number {
  return startOffset(channel) + VECTOR_BYTES;
}

/** Where the words begin that follow those of `channels`. */
export function moreOffset(channels: number): number {
  return startOffset(channels);
}
