/**
 * @file What stands in the places of pruned weights: zeros, or their mean.
 *
 * With means the filter's sum of weights stays what it was, so results keep
 * their value where inputs are about equal. One value per filter costs one sum
 * over each window, which all filters share.
 *
 * **Source** after Liu & Liu 2022 (arXiv 2212.12651).
 */

import type { Filters } from "./layers.ts";
import type { Pruned } from "./select.ts";

export interface Filled {
  readonly filters: Filters;
  /** f32, what stands in the pruned places of each filter. */
  readonly means: Float32Array;
}

export function fillWithZeros(filters: Filters, pruned: Pruned): Filled {
  return fill(filters, pruned, new Float32Array(filters.count));
}

/** Mean of a filter without pruned weights: 0. */
export function fillWithMeans(filters: Filters, pruned: Pruned): Filled {
  const { count, depth, values } = filters;
  const means = Float32Array.from({ length: count }, (_, filter) => {
    let sum = 0;
    let size = 0;
    for (let i = filter * depth; i < (filter + 1) * depth; i++) {
      if (pruned[i] === 0) continue;
      sum += values[i]!;
      size++;
    }
    return size === 0 ? 0 : sum / size;
  });
  return fill(filters, pruned, means);
}

function fill(filters: Filters, pruned: Pruned, means: Float32Array): Filled {
  const values = filters.values.map((w, i) =>
    pruned[i] === 0 ? w : means[Math.floor(i / filters.depth)]!,
  );
  return { filters: { ...filters, values }, means };
}
