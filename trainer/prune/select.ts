/**
 * @file Chooses which weights to prune: the smallest, by magnitude.
 *
 * Magnitudes count in shares of their filter's norm, so that the gain of a
 * batch normalisation that was folded into a filter has no say. The number of
 * pruned weights is exact in each filter, in each layer or over all layers.
 */

import type { Filters } from "./layers.ts";

export const PRUNE_SCOPES = ["layer", "global", "filter"] as const;
export type PruneScope = (typeof PRUNE_SCOPES)[number];

/** Per layer and weight: 1 for what goes, 0 for what stays. */
export type Pruned = Uint8Array;

/** Chooses the share `sparsity` of all weights; of equal ones the first. */
export function selectPruned(
  layers: readonly Filters[],
  sparsity: number,
  scope: PruneScope,
): readonly Pruned[] {
  const magnitudes = layers.map(normalizedMagnitudes);
  switch (scope) {
    case "layer":
      return magnitudes.map(layer => smallest(layer, countOf(layer, sparsity)));
    case "filter":
      return magnitudes.map((layer, i) => perFilter(layer, layers[i]!.depth, sparsity));
    case "global":
      return split(overAll(magnitudes, sparsity), magnitudes);
    default:
      return scope satisfies never;
  }
}

/** |w| / ‖filter‖ */
function normalizedMagnitudes({ count, depth, values }: Filters): Float32Array {
  const magnitudes = new Float32Array(values.length);
  for (let filter = 0; filter < count; filter++) {
    const [from, to] = [filter * depth, (filter + 1) * depth];
    let square = 0;
    for (let i = from; i < to; i++) square += values[i]! ** 2;
    const norm = Math.sqrt(square) || 1;
    for (let i = from; i < to; i++) magnitudes[i] = Math.abs(values[i]!) / norm;
  }
  return magnitudes;
}

function countOf({ length }: Float32Array, sparsity: number): number {
  return Math.round(length * sparsity);
}

function smallest(magnitudes: Float32Array, count: number): Pruned {
  const pruned = new Uint8Array(magnitudes.length);
  if (count === 0) return pruned;
  const threshold = magnitudes.toSorted()[count - 1]!;
  let left = count;
  magnitudes.forEach((magnitude, i) => {
    if (magnitude >= threshold) return;
    pruned[i] = 1;
    left--;
  });
  for (let i = 0; left > 0; i++) {
    if (magnitudes[i] !== threshold) continue;
    pruned[i] = 1;
    left--;
  }
  return pruned;
}

function perFilter(magnitudes: Float32Array, depth: number, sparsity: number): Pruned {
  const pruned = new Uint8Array(magnitudes.length);
  for (let from = 0; from < magnitudes.length; from += depth) {
    const filter = magnitudes.subarray(from, from + depth);
    pruned.set(smallest(filter, countOf(filter, sparsity)), from);
  }
  return pruned;
}

function overAll(layers: readonly Float32Array[], sparsity: number): Pruned {
  const all = new Float32Array(layers.reduce((sum, layer) => sum + layer.length, 0));
  let at = 0;
  for (const layer of layers) {
    all.set(layer, at);
    at += layer.length;
  }
  return smallest(all, countOf(all, sparsity));
}

function split(all: Pruned, layers: readonly Float32Array[]): readonly Pruned[] {
  let from = 0;
  return layers.map(({ length }) => {
    from += length;
    return all.slice(from - length, from);
  });
}
