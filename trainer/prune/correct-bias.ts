/**
 * @file Bias correction: what pruned weights added on average goes into the bias.
 *
 *     b_o += Σ_i (w_oi − ŵ_oi) · E[x_i]
 *
 * i counts the inputs of a window, so padding lowers the means at its taps.
 */

import type { Filters } from "./layers.ts";

/**
 * The bias with the average error of `filled` in place of `dense` taken out.
 *
 * `inputMeans` are E[x_i] as [groups][depth].
 */
export function correctBias(
  bias: Float32Array | undefined,
  dense: Filters,
  filled: Filters,
  inputMeans: Float64Array,
): Float32Array {
  const { count, depth } = dense;
  const perGroup = count / (inputMeans.length / depth);
  return Float32Array.from({ length: count }, (_, filter) => {
    const group = Math.floor(filter / perGroup);
    let sum = bias?.[filter] ?? 0;
    for (let k = 0; k < depth; k++) {
      const i = filter * depth + k;
      sum += (dense.values[i]! - filled.values[i]!) * inputMeans[group * depth + k]!;
    }
    return sum;
  });
}
