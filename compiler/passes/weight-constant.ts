/**
 * @file Weights of a convolution or matrix product as passes handle them.
 *
 * Output channels come first: [M, C/group, kH, kW] or [N, K]. Weights are f32,
 * or i8 or i2 with one scale per output channel and zero points 0, and maybe a
 * mean that zeros stand for; the integers of a channel with scale 0 are zeros.
 */

import { dtypeRange } from "../../core/dtype.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import type { NodeId, TensorQuantization } from "../../model/ir/graph.ts";
import type { Rewriter } from "../../model/ir/rewrite.ts";

export interface WeightConstant {
  readonly tensor: Tensor<"f32"> | Tensor<"i8"> | Tensor<"i2">;
  /** Absent for f32. */
  readonly scales?: readonly number[];
  /** Per output channel, absent where all are 0: real = scale · q + mean. */
  readonly means?: readonly number[];
  readonly name?: string | undefined;
}

/** The weights that `id` holds, or `undefined` if it is no such constant. */
export function weightsOf(id: NodeId, b: Pick<Rewriter, "node">): WeightConstant | undefined {
  const node = b.node(id);
  if (node.kind !== "const" || node.type.shape.length < 2) return undefined;
  const { tensor, quantization } = node.attrs;
  const { name } = node;
  if (tensor.dtype === "f32") return { tensor: tensor as Tensor<"f32">, name };
  if (tensor.dtype !== "i8" && tensor.dtype !== "i2") return undefined;
  if (quantization?.axis !== 0) return undefined;
  const { scales, means } = quantization;
  return { tensor: tensor as Tensor<"i8"> | Tensor<"i2">, scales, ...withMeans(means), name };
}

export function addWeights({ tensor, scales, means, name }: WeightConstant, b: Rewriter): NodeId {
  return b.constant(tensor, { quantization: scales && perChannel(scales, means), name });
}

/** Symmetric quantisation with one scale, and mean, per index of axis 0. */
export function perChannel(
  scales: readonly number[],
  means?: readonly number[],
): TensorQuantization {
  return { scales, zeroPoints: scales.map(() => 0), axis: 0, ...withMeans(means) };
}

/** Means as a part of what they belong to: nothing where all are 0. */
export function withMeans(means: readonly number[] | undefined): {
  readonly means?: readonly number[];
} {
  return means === undefined || means.every(mean => mean === 0) ? {} : { means };
}

/** Weights per output channel: K. */
export function depthOf({ tensor }: WeightConstant): number {
  return tensor.data.length / tensor.shape[0]!;
}

/** Calls `visit` with the index of each weight and of its output channel, in order. */
export function forEachWeight(
  weights: WeightConstant,
  visit: (index: number, channel: number) => void,
): void {
  const depth = depthOf(weights);
  const channels = weights.tensor.shape[0]!;
  for (let c = 0, i = 0; c < channels; c++) {
    for (const end = i + depth; i < end; i++) visit(i, c);
  }
}

/**
 * The weights with each output channel multiplied by its factor.
 *
 * Scales stay non-negative: a negative factor changes the signs of the
 * integers, so ternary weights stay ternary. A channel whose scale is 0 has no
 * integers left. `undefined` if an integer has no opposite in its type.
 */
export function scaleChannels(
  weights: WeightConstant,
  factors: readonly number[],
): WeightConstant | undefined {
  const { tensor: t, scales, means } = weights;
  if (scales === undefined) {
    const data = new Float32Array(t.data.length);
    forEachWeight(weights, (i, c) => {
      data[i] = t.data[i]! * factors[c]!;
    });
    return { ...weights, tensor: tensor("f32", t.shape, data) };
  }
  const { min } = dtypeRange(t.dtype);
  const scaled = scales.map((scale, c) => Math.fround(scale * Math.abs(factors[c]!)));
  const signs = factors.map((factor, c) => (scaled[c] === 0 ? 0 : factor < 0 ? -1 : 1));
  const data = new Int8Array(t.data.length);
  let hasOpposites = true;
  forEachWeight(weights, (i, c) => {
    if (factors[c]! < 0 && t.data[i] === min) hasOpposites = false;
    data[i] = t.data[i]! * signs[c]!;
  });
  if (!hasOpposites) return undefined;
  return {
    ...weights,
    tensor: tensor(t.dtype as "i8" | "i2", t.shape, data),
    scales: scaled,
    ...(means === undefined ? {} : { means: means.map((m, c) => Math.fround(m * factors[c]!)) }),
  };
}

/** The real weights. */
export function realWeights(weights: WeightConstant): Tensor<"f32"> {
  const { tensor: t, scales, means } = weights;
  if (scales === undefined) return t as Tensor<"f32">;
  const data = new Float32Array(t.data.length);
  forEachWeight(weights, (i, c) => {
    data[i] = t.data[i]! * scales[c]! + (means?.[c] ?? 0);
  });
  return tensor("f32", t.shape, data);
}
