/**
 * @file Gives a layer's results, per output channel, the mean and spread that
 * they had before pruning.
 *
 *     a = σ / σ'     W ← a·W     b ← m + a·(b − m')
 *
 * That is what estimating the statistics of a batch normalisation anew does,
 * and it works where the normalisation is folded into the weights already.
 */

import type { Filters } from "./layers.ts";

/** Mean and mean square of results, per output channel. */
export interface Moments {
  readonly means: Float64Array;
  readonly squares: Float64Array;
}

export interface LayerParameters {
  readonly filters: Filters;
  readonly bias?: Float32Array;
}

/** A channel whose spread fell below this share of what it was has nothing left to stretch. */
const LEAST_SPREAD = 2 ** -6;

export function restoreMoments(
  { filters, bias }: LayerParameters,
  before: Moments,
  after: Moments,
): Required<LayerParameters> {
  const gains = Array.from({ length: filters.count }, (_, channel) => {
    const [wanted, got] = [spreadOf(before, channel), spreadOf(after, channel)];
    return got > wanted * LEAST_SPREAD ? wanted / got : 1;
  });
  const values = filters.values.map((w, i) => w * gains[Math.floor(i / filters.depth)]!);
  const shifted = Float32Array.from(
    gains,
    (gain, c) => before.means[c]! + gain * ((bias?.[c] ?? 0) - after.means[c]!),
  );
  return { filters: { ...filters, values }, bias: shifted };
}

function spreadOf({ means, squares }: Moments, channel: number): number {
  return Math.sqrt(Math.max(squares[channel]! - means[channel]! ** 2, 0));
}
