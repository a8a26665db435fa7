/**
 * @file Quantises f32 weights of convolutions and matrix products.
 *
 *     %1 = const f32[8,3,3,3]        %1 = const i8[8,3,3,3] scales per channel
 *     %2 = conv %0, %1               %2 = conv %0, %1
 *
 * int8: symmetric, −127…127, scale = largest magnitude / 127 per output
 * channel. Ternary: per output channel the trits closest to the weights, see
 * `ternarize`. A filter that holds one value many times, as pruning with means
 * leaves it, is quantised about that value: its zeros mean it, exactly.
 * `weight-policy.ts` decides which layer takes which.
 */

import type { WeightChoice } from "../../core/abi.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import type { Node, NodeId } from "../../model/ir/graph.ts";
import type { Rewriter } from "../../model/ir/rewrite.ts";
import { rewrite } from "../../model/ops/index.ts";
import type { Pass } from "./pass.ts";
import { repeatedValues } from "./repeated-value.ts";
import {
  addWeights,
  depthOf,
  forEachWeight,
  type WeightConstant,
  weightsOf,
} from "./weight-constant.ts";
import { chooseWeightForms, type WeightForm } from "./weight-policy.ts";

/** Runs after `detect-ternary`, so that ternary weights are never made int8. */
export function quantizeWeights(choice: WeightChoice): Pass {
  return {
    name: "quantize-weights",
    summary: "quantise f32 weights to int8 or ternary, per output channel",
    accuracy: "rounds",
    run(graph) {
      const forms = chooseWeightForms(graph, choice);
      const quantize = (node: Node<"conv" | "gemm">, b: Rewriter): NodeId | undefined =>
        quantizeLayer(node, forms.get(node.id)!, b);
      return rewrite(graph, { conv: quantize, gemm: quantize });
    },
  };
}

function quantizeLayer(
  node: Node<"conv" | "gemm">,
  form: WeightForm,
  b: Rewriter,
): NodeId | undefined {
  const isFirst = node.kind === "conv" || node.attrs.transposeB;
  const weights = isFirst ? weightsOf(node.inputs[1]!, b) : undefined;
  if (form === "keep" || weights === undefined || weights.scales !== undefined) return undefined;
  // Depthwise filters are few taps, and their kernels know no means.
  const means = weights.tensor.shape[1] === 1 ? undefined : meansOf(weights);
  const centred = means === undefined ? weights : distancesFrom(means, weights);
  const integers = form === "int8" ? toInt8(centred) : toTernary(centred);
  const quantized = means === undefined ? integers : { ...integers, means };
  const [x, , ...bias] = node.inputs;
  return b.add(node.kind, [x!, addWeights(quantized, b), ...bias], node.attrs, node.name);
}

function meansOf(weights: WeightConstant): readonly number[] | undefined {
  return repeatedValues(weights.tensor.data as Float32Array, depthOf(weights));
}

function distancesFrom(means: readonly number[], weights: WeightConstant): WeightConstant {
  const { shape, data } = weights.tensor as Tensor<"f32">;
  const distances = new Float32Array(data.length);
  forEachWeight(weights, (i, c) => {
    distances[i] = data[i]! - means[c]!;
  });
  return { ...weights, tensor: tensor("f32", shape, distances) };
}

const INT8_MAX = 127;
/**
 * The smallest scale of a channel, as a share of the largest: a channel that
 * batch normalisation has all but switched off must not need a multiplier
 * that 16 bits cannot hold beside the others.
 */
const SMALLEST_SCALE = 2 ** -9;

function toInt8(weights: WeightConstant): WeightConstant {
  const t = weights.tensor as Tensor<"f32">;
  const depth = depthOf(weights);
  const largest = Array.from({ length: t.shape[0]! }, (_, c) =>
    t.data.subarray(c * depth, (c + 1) * depth).reduce((most, w) => Math.max(most, Math.abs(w)), 0),
  );
  const least = Math.max(...largest, 0) * SMALLEST_SCALE;
  const scales = largest.map(magnitude => Math.fround(Math.max(magnitude, least) / INT8_MAX));
  const data = new Int8Array(t.data.length);
  forEachWeight(weights, (i, c) => {
    const scale = scales[c]!;
    if (scale === 0) return;
    data[i] = Math.min(Math.max(Math.round(t.data[i]! / scale), -INT8_MAX), INT8_MAX);
  });
  return { ...weights, tensor: tensor("i8", t.shape, data), scales };
}

function toTernary(weights: WeightConstant): WeightConstant {
  const { tensor: t } = weights;
  const depth = depthOf(weights);
  const trits = new Int8Array(t.data.length);
  const scales: number[] = [];
  for (let start = 0; start < trits.length; start += depth) {
    const channel = ternarize((t.data as Float32Array).subarray(start, start + depth));
    trits.set(channel.trits, start);
    scales.push(channel.scale);
  }
  return { ...weights, tensor: tensor("i2", t.shape, trits), scales };
}

/**
 * The trits t and the scale α that minimise ‖w − α·t‖².
 *
 * With |w| sorted in descending order and S_j the sum of the first j, keeping
 * k* = argmax S_j²/j weights is optimal, and α = S_k/k.
 *
 * **Source** closed form of ternary weight networks' problem (Li et al. 2016),
 * solved exactly over all thresholds.
 */
export function ternarize(channel: Float32Array): {
  readonly trits: Int8Array;
  readonly scale: number;
} {
  const sorted = Float64Array.from(channel, Math.abs).sort().reverse();
  let sum = 0;
  let kept = 0;
  let keptSum = 0;
  sorted.forEach((magnitude, index) => {
    sum += magnitude;
    const count = index + 1;
    if (sum * sum * kept > keptSum * keptSum * count || (kept === 0 && sum > 0)) {
      kept = count;
      keptSum = sum;
    }
  });
  if (kept === 0) return { trits: new Int8Array(channel.length), scale: 0 };
  const threshold = sorted[kept - 1]!;
  const trits = Int8Array.from(channel, w => (Math.abs(w) >= threshold ? Math.sign(w) : 0));
  return { trits, scale: Math.fround(keptSum / kept) };
}
