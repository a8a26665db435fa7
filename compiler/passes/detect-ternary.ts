/**
 * @file Finds weights that are ternary in fact and stores them as trits.
 *
 *     %1 = const f32[2,4]        each row holds −s, 0 and +s only
 *     %1 = const i2[2,4]         with the scale s per row
 *
 * f32 weights when every output channel holds one magnitude beside zeros, or
 * beside one value that stands for them, the channel's mean μ: μ − s, μ, μ + s; i8
 * weights when all are −1, 0 or 1. The other way round, i2 weights with a −2,
 * which the type has but no trit, become i8. Weights of one element per channel
 * are left alone: any number is ternary then.
 */

import { type Tensor, tensor } from "../../core/tensor.ts";
import type { Node, NodeId } from "../../model/ir/graph.ts";
import type { Rewriter } from "../../model/ir/rewrite.ts";
import { rewrite } from "../../model/ops/index.ts";
import type { Pass } from "./pass.ts";
import { repeatedValue } from "./repeated-value.ts";
import {
  addWeights,
  depthOf,
  forEachWeight,
  type WeightConstant,
  weightsOf,
  withMeans,
} from "./weight-constant.ts";

/** Runs after `fold-affine`: scaling a channel keeps it ternary. */
export const detectTernary: Pass = {
  name: "detect-ternary",
  summary: "find weights that are ternary in fact and store them as trits",
  accuracy: "rounds",
  run: graph => rewrite(graph, { conv: detect, gemm: detect }),
};

function detect(node: Node<"conv" | "gemm">, b: Rewriter): NodeId | undefined {
  const [x, w, ...bias] = node.inputs;
  const isFirst = node.kind === "conv" || node.attrs.transposeB;
  const weights = isFirst ? weightsOf(w!, b) : undefined;
  const detected = weights && depthOf(weights) > 1 ? ternaryForm(weights) : undefined;
  if (detected === undefined) return undefined;
  return b.add(node.kind, [x!, addWeights(detected, b), ...bias], node.attrs, node.name);
}

/** `undefined` if the weights have the right form already. */
function ternaryForm(weights: WeightConstant): WeightConstant | undefined {
  const { tensor: t } = weights;
  const isTrits = t.data.every(w => w >= -1 && w <= 1);
  if (t.dtype === "i2") return isTrits ? undefined : retyped(weights, "i8");
  if (t.dtype === "i8") return isTrits ? retyped(weights, "i2") : undefined;
  return fromReals(weights, t.data);
}

function retyped(weights: WeightConstant, dtype: "i8" | "i2"): WeightConstant {
  const { shape, data } = weights.tensor as Tensor<"i8">;
  return { ...weights, tensor: tensor(dtype, shape, data) };
}

function fromReals(weights: WeightConstant, data: Float32Array): WeightConstant | undefined {
  const depth = depthOf(weights);
  const scales: number[] = [];
  const means: number[] = [];
  for (let start = 0; start < data.length; start += depth) {
    const channel = data.subarray(start, start + depth);
    const mean = magnitudeOf(channel) === undefined ? repeatedValue(channel) : 0;
    const scale = mean === 0 ? magnitudeOf(channel) : distanceOf(channel, mean);
    if (scale === undefined) return undefined;
    scales.push(scale);
    means.push(mean);
  }
  if (scales.every(scale => scale === 0)) return undefined;
  const trits = new Int8Array(data.length);
  forEachWeight(weights, (i, c) => {
    trits[i] = Math.sign(data[i]! - means[c]!);
  });
  const shaped = tensor("i2", weights.tensor.shape, trits);
  return { ...weights, tensor: shaped, scales, ...withMeans(means) };
}

/** Roundings by which distances from a mean may differ, as a share of the largest weight. */
const DISTANCE_TOLERANCE = 2 ** -21;

/** The one distance from `mean` beside 0. */
function distanceOf(channel: Float32Array, mean: number): number | undefined {
  let least = Number.POSITIVE_INFINITY;
  let most = 0;
  let largest = 0;
  for (const w of channel) {
    const distance = Math.fround(Math.abs(w - mean));
    if (distance !== 0) least = Math.min(least, distance);
    most = Math.max(most, distance);
    largest = Math.max(largest, Math.abs(w));
  }
  if (most - least > largest * DISTANCE_TOLERANCE) return undefined;
  return Math.fround((least + most) / 2);
}

/** The one magnitude beside zero, 0 if all are zeros. */
function magnitudeOf(channel: Float32Array): number | undefined {
  let magnitude = 0;
  for (const w of channel) {
    if (w === 0) continue;
    if (magnitude !== 0 && Math.abs(w) !== magnitude) return undefined;
    magnitude = Math.abs(w);
  }
  return magnitude;
}
