/**
 * @file The part of `fold-affine` that looks ahead of a contraction.
 *
 *     %2 = mul %0, %1          %2 = conv %0, %4
 *     %3 = conv %2, %w         return %2
 *     return %3
 */

import { elementCount, sameShape } from "../../core/shape.ts";
import { type Tensor, tensor, tensorOf, toNumbers } from "../../core/tensor.ts";
import type { Node, NodeId } from "../../model/ir/graph.ts";
import type { Rewriter } from "../../model/ir/rewrite.ts";
import { alongAxis, channelAxis } from "./channelwise.ts";
import {
  addWeights,
  depthOf,
  realWeights,
  scaleChannels,
  type WeightConstant,
  weightsOf,
} from "./weight-constant.ts";

type Layer = Node<"conv"> | Node<"gemm">;

/** The contraction without the affine op that feeds it, or `undefined`. */
export function foldPreceding(layer: Layer, b: Rewriter): NodeId | undefined {
  const source = b.node(layer.inputs[0]!);
  if (layer.kind === "gemm" && (layer.attrs.transposeA || !layer.attrs.transposeB))
    return undefined;
  if (source.kind === "mul" || source.kind === "div") return foldFactors(layer, source, b);
  if (source.kind === "add" || source.kind === "sub") return foldOffsets(layer, source, b);
  return undefined;
}

function foldFactors(layer: Layer, source: Node<"mul" | "div">, b: Rewriter): NodeId | undefined {
  const operand = constantOperand(source, layer, b);
  const weights = weightsOf(layer.inputs[1]!, b);
  if (operand === undefined || weights === undefined) return undefined;
  if (source.kind === "div" && operand.index === 0) return undefined;
  const factors = source.kind === "div" ? operand.values.map(value => 1 / value) : operand.values;
  const scaled = scaleInputs(weights, factors, groupOf(layer));
  if (scaled === undefined || factors.some(factor => !Number.isFinite(factor))) return undefined;
  const [, , ...bias] = layer.inputs;
  return again(layer, [operand.other, addWeights(scaled, b), ...bias], b);
}

function foldOffsets(layer: Layer, source: Node<"add" | "sub">, b: Rewriter): NodeId | undefined {
  const isPadded = layer.kind === "conv" && layer.attrs.pads.some(pad => pad > 0);
  const operand = constantOperand(source, layer, b);
  const weights = weightsOf(layer.inputs[1]!, b);
  if (isPadded || operand === undefined || weights === undefined) return undefined;
  if (source.kind === "sub" && operand.index === 0) return undefined;
  const sign = source.kind === "sub" ? -1 : 1;
  const offsets = operand.values.map(value => sign * value);
  const bias = layer.inputs[2] === undefined ? undefined : b.constantOf(layer.inputs[2]);
  if (layer.inputs[2] !== undefined && bias?.shape.length !== 1) return undefined;
  const constant = b.constant(biasWith(weights, offsets, groupOf(layer), bias));
  return again(layer, [operand.other, layer.inputs[1]!, constant], b);
}

function again(layer: Layer, inputs: readonly NodeId[], b: Rewriter): NodeId {
  const id = b.add(layer.kind, inputs, layer.attrs, layer.name);
  const folded = b.node(id) as Layer;
  return foldPreceding(folded, b) ?? id;
}

interface ConstantOperand {
  /** One value per input channel. */
  readonly values: readonly number[];
  readonly index: 0 | 1;
  readonly other: NodeId;
}

function constantOperand(
  source: Node<"add" | "sub" | "mul" | "div">,
  layer: Layer,
  b: Rewriter,
): ConstantOperand | undefined {
  for (const index of [1, 0] as const) {
    const constant = b.constantOf(source.inputs[index]!);
    const other = source.inputs[1 - index]!;
    const { shape } = b.typeOf(other);
    if (constant === undefined || !sameShape(shape, source.type.shape)) continue;
    const values = alongAxis(constant, shape, channelAxis(layer));
    if (values !== undefined) return { values, index, other };
  }
  return undefined;
}

function groupOf(layer: Layer): number {
  return layer.kind === "conv" ? layer.attrs.group : 1;
}

/** For weight `i`, the input channel that it multiplies. */
function inputChannel(t: Tensor, group: number, i: number): number {
  const [outputs, perGroup, ...kernel] = t.shape as [number, number, ...number[]];
  const taps = elementCount(kernel);
  const output = Math.floor(i / (perGroup * taps));
  return Math.floor(output / (outputs / group)) * perGroup + (Math.floor(i / taps) % perGroup);
}

function scaleInputs(
  weights: WeightConstant,
  factors: readonly number[],
  group: number,
): WeightConstant | undefined {
  const { tensor: t } = weights;
  if (factors.every(factor => factor === factors[0])) {
    return scaleChannels(weights, new Array<number>(t.shape[0]!).fill(factors[0]!));
  }
  if (weights.scales !== undefined) return undefined;
  const data = Float32Array.from(t.data, (w, i) => w * factors[inputChannel(t, group, i)]!);
  return { ...weights, tensor: tensor("f32", t.shape, data) };
}

/** The bias plus what a constant offset of the inputs adds to every output. */
function biasWith(
  weights: WeightConstant,
  offsets: readonly number[],
  group: number,
  bias: Tensor | undefined,
): Tensor {
  const channels = weights.tensor.shape[0]!;
  const sums = bias === undefined ? new Array<number>(channels).fill(0) : toNumbers(bias);
  const depth = depthOf(weights);
  realWeights(weights).data.forEach((w, i) => {
    sums[Math.floor(i / depth)]! += w * offsets[inputChannel(weights.tensor, group, i)]!;
  });
  return tensorOf("f32", [channels], sums);
}
