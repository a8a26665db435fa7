/**
 * @file Thresholds Δ: a weight is kept, as +1 or −1, where |w| > Δ.
 *
 *     sparsity   the share `zeros` lies at or below Δ                   T1
 *     optimal    the k largest, k = argmax_j S_j² / j                    T2
 *     twn        Δ = 0.7 · E|w|                                          T3
 *     absmean    Δ = 0.5 · E|w|                                          T4
 *     maximum    Δ = factor · max|w|                                     T5
 *
 * S_j is the sum of the j largest |w|. Of all ternary vectors those of
 * `optimal` make the smallest angle with w, and leave the least |w − α·t|² once
 * α = S_k / k: both are decided by S_k² / k. Exact for any distribution.
 *
 * Over all layers, magnitudes count in shares of their filter's norm: the gain
 * of a batch normalisation has no say. Every filter keeps one weight at least.
 *
 * **Source** T1 and T2 after Liu & Liu 2022 (arXiv 2212.12649); T3: Li, Zhang,
 * Liu 2016, section 2.3; T4: Ma et al. 2024 (arXiv 2402.17764), section 2; T5:
 * Zhu et al. 2016 (arXiv 1612.01064), section 3.1.
 */

import { z } from "zod";
import type { Shape } from "../../core/shape.ts";
import { channelNorms, perChannel } from "./channels.ts";
import type { Holding, LayerWeight } from "./method.ts";
import { layerZeros, zerosOf } from "./zeros.ts";

/** One threshold per filter, the same for all filters of a layer, or one for all layers. */
export const thresholdScope = z.enum(["filter", "layer", "global"]).default("filter");

export const thresholdOptions = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("sparsity"), zeros: layerZeros, scope: thresholdScope }),
  z.strictObject({ kind: z.literal("optimal"), scope: thresholdScope }),
  z.strictObject({ kind: z.literal("twn"), scope: thresholdScope }),
  z.strictObject({ kind: z.literal("absmean"), scope: thresholdScope }),
  z.strictObject({
    kind: z.literal("maximum"),
    factor: z.number().min(0).lt(1).default(0.05),
    scope: thresholdScope,
  }),
]);

export type ThresholdOptions = z.output<typeof thresholdOptions>;

/** Where a weight stands: the name of its layer, and the threshold of all layers. */
export type ThresholdPlace = Pick<LayerWeight, "layer"> & { readonly shared?: number | undefined };
const ANYWHERE: ThresholdPlace = { layer: "" };

/** Every filter's Δ, [M]; f32, so that a comparison in a graph decides alike. */
export function thresholdsOf(
  weight: Float32Array,
  shape: Shape,
  options: ThresholdOptions,
  place: ThresholdPlace = ANYWHERE,
): Float32Array {
  const size = weight.map(Math.abs);
  const { layer } = place;
  switch (options.scope) {
    case "layer":
      return new Float32Array(shape[0]!).fill(thresholdOf(size, options, layer));
    case "filter":
      return Float32Array.from(
        perChannel(shape, (from, to) => thresholdOf(size.slice(from, to), options, layer)),
      );
    case "global": {
      const shared = place.shared ?? shareOf(options)!([{ layer, weight, shape }], 1);
      return scaled(size, shape, shared);
    }
    default:
      return options.scope satisfies never;
  }
}

/** sign(w) where |w| exceeds its filter's threshold, else 0. */
export function tritsOf(
  weight: Float32Array,
  shape: Shape,
  thresholds: ArrayLike<number>,
): Int8Array {
  const trits = new Int8Array(weight.length);
  perChannel(shape, (from, to, channel) => {
    for (let i = from; i < to; i++) {
      if (Math.abs(weight[i]!) > thresholds[channel]!) trits[i] = Math.sign(weight[i]!);
    }
  });
  return trits;
}

/** The threshold of all layers, over |w| / ‖filter‖; `undefined` if every layer has its own. */
export function shareOf(options: ThresholdOptions): Holding["share"] {
  if (options.scope !== "global") return undefined;
  return weights => {
    const all = weights.map(({ weight, shape }) => magnitudes(weight, shape));
    const joined = new Float32Array(all.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of all) {
      joined.set(part, at);
      at += part.length;
    }
    return thresholdOf(joined, options, "");
  };
}

/** Requires absolute values; may reorder them. */
function thresholdOf(size: Float32Array, options: ThresholdOptions, layer: string): number {
  switch (options.kind) {
    case "sparsity": {
      const zeros = zerosOf(options.zeros, layer);
      return below(descending(size), keptCount(size.length, zeros));
    }
    case "optimal": {
      const sorted = descending(size);
      return below(sorted, bestCount(sorted));
    }
    case "twn":
      return 0.7 * mean(size);
    case "absmean":
      return 0.5 * mean(size);
    case "maximum":
      return options.factor * size.reduce((most, value) => Math.max(most, value), 0);
    default:
      return options satisfies never;
  }
}

/** |w| / ‖filter‖ */
function magnitudes(weight: Float32Array, shape: Shape): Float32Array {
  const norms = channelNorms(weight, shape);
  const depth = weight.length / norms.length;
  return weight.map((w, i) => Math.abs(w) / (norms[Math.floor(i / depth)]! || 1));
}

/** `shared` in the measure of each filter, below its largest weight in any case. */
function scaled(size: Float32Array, shape: Shape, shared: number): Float32Array {
  const norms = channelNorms(size, shape);
  const thresholds = perChannel(shape, (from, to, channel) => {
    const own = Math.fround(shared * norms[channel]!);
    const filter = size.slice(from, to);
    return filter.some(w => w > own) ? own : below(descending(filter), 1);
  });
  return Float32Array.from(thresholds);
}

/** How many of `length` weights stay at the share `zeros` of zeros: one at least. */
export function keptCount(length: number, zeros: number): number {
  return Math.max(1, Math.round(length * (1 - zeros)));
}

/** argmax_j S_j² / j over descending values. */
function bestCount(sorted: Float32Array): number {
  let [sum, best, count] = [0, -1, 1];
  for (let j = 1; j <= sorted.length; j++) {
    sum += sorted[j - 1]!;
    const quality = (sum * sum) / j;
    if (quality > best) [best, count] = [quality, j];
  }
  return count;
}

/** An f32 that the first `count` of `sorted` exceed and the others do not; ties are not kept. */
function below(sorted: Float32Array, count: number): number {
  const [kept, next] = [sorted[count - 1]!, sorted[count] ?? 0];
  const middle = Math.fround((kept + next) / 2);
  return middle < kept ? middle : next;
}

function descending(values: Float32Array): Float32Array {
  return values.sort().reverse();
}

function mean(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
