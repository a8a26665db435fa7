/**
 * @file Thresholds Δ: a weight is kept, as +1 or −1, where |w| > Δ.
 *
 *     sparsity   the share `zeros` lies at or below Δ                   T1
 *     optimal    the k largest, k = argmax_j S_j² / j                    T2
 *     twn        Δ = 0.7 · E|w|                                          T3
 *     absmean    Δ = 0.5 · E|w|                                          T4
 *
 * S_j is the sum of the j largest |w|. Of all ternary vectors those of
 * `optimal` make the smallest angle with w, and leave the least |w − α·t|² once
 * α = S_k / k: both are decided by S_k² / k. Exact for any distribution.
 *
 * **Source** T1 and T2 after Liu & Liu 2022 (arXiv 2212.12649); T3: Li, Zhang,
 * Liu 2016, section 2.3; T4: Ma et al. 2024 (arXiv 2402.17764), section 2.
 */

import { z } from "zod";
import type { Shape } from "../../core/shape.ts";
import { perChannel } from "./channels.ts";

/** One threshold per filter, or the same for all filters of a layer. */
const scope = z.enum(["filter", "layer"]).default("filter");
const share = z.number().min(0).max(1);

export const thresholdOptions = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("sparsity"), zeros: share.default(0.5), scope }),
  z.strictObject({ kind: z.literal("optimal"), scope }),
  z.strictObject({ kind: z.literal("twn"), scope }),
  z.strictObject({ kind: z.literal("absmean"), scope }),
]);

export type ThresholdOptions = z.output<typeof thresholdOptions>;

/** Every filter's Δ, [M]; f32, so that a comparison in a graph decides alike. */
export function thresholdsOf(
  weight: Float32Array,
  shape: Shape,
  options: ThresholdOptions,
): Float32Array {
  const size = weight.map(Math.abs);
  if (options.scope === "layer") {
    return new Float32Array(shape[0]!).fill(thresholdOf(size, options));
  }
  return Float32Array.from(
    perChannel(shape, (from, to) => thresholdOf(size.subarray(from, to), options)),
  );
}

/** Requires absolute values; may reorder them. */
function thresholdOf(size: Float32Array, options: ThresholdOptions): number {
  switch (options.kind) {
    case "sparsity":
      return below(descending(size), keptCount(size.length, options.zeros));
    case "optimal": {
      const sorted = descending(size);
      return below(sorted, bestCount(sorted));
    }
    case "twn":
      return 0.7 * mean(size);
    case "absmean":
      return 0.5 * mean(size);
    default:
      return options satisfies never;
  }
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
