/** @file How the weights of a layer are spread, in units of their own root mean square. */

import type { Shape } from "../../core/shape.ts";
import { channelNorms, perChannel } from "../methods/channels.ts";

/** Counts of equally wide bins over −4…4; what lies beyond counts in the outermost ones. */
export type Histogram = readonly number[];

export interface LayerHistogram {
  readonly name: string;
  readonly counts: Histogram;
}

/** The bins of every histogram; odd, so that zero is the middle of one. */
export const BIN_COUNT = 41;
export const HISTOGRAM_LIMIT = 4;

/** Spreads filters by the root mean square of each, as a normalisation behind them makes them equal. */
export function histogramOf(weight: ArrayLike<number>, shape: Shape): Histogram {
  const counts = new Array<number>(BIN_COUNT).fill(0);
  const norms = channelNorms(weight, shape);
  perChannel(shape, (from, to, channel) => {
    const unit = norms[channel]! / Math.sqrt(to - from) || 1;
    for (let i = from; i < to; i++) counts[binOf(weight[i]! / unit)]!++;
  });
  return counts;
}

/** The middle of bin `index`. */
export function binCentre(index: number): number {
  return ((index + 0.5) / BIN_COUNT) * 2 * HISTOGRAM_LIMIT - HISTOGRAM_LIMIT;
}

function binOf(value: number): number {
  const place = ((value + HISTOGRAM_LIMIT) / (2 * HISTOGRAM_LIMIT)) * BIN_COUNT;
  return Math.min(Math.max(Math.floor(place), 0), BIN_COUNT - 1);
}
