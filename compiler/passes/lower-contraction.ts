/** @file The part of `lower-quantized` that makes qconv and qgemm. */

import type { MeanTerm } from "../../core/mean-term.ts";
import {
  deriveConvDequantization,
  deriveConvRequantization,
  INT8_RANGE,
  type QuantizedLayer,
  summarizeWeights,
} from "../../core/quantized-layer.ts";
import { tensor, toNumbers } from "../../core/tensor.ts";
import type { Epilogue } from "../../model/ir/attributes.ts";
import type { Node, NodeId } from "../../model/ir/graph.ts";
import type { Rewriter } from "../../model/ir/rewrite.ts";
import { integersOf, type Target } from "./dequantization.ts";
import { isMovement } from "./elementwise.ts";
import { addWeights, forEachWeight, type WeightConstant, weightsOf } from "./weight-constant.ts";

type Layer = Node<"conv"> | Node<"gemm">;

/** Σ|w| from which on 32 bits might not hold the sum: the layer stays real. */
const LARGEST_NORM = 2 ** 23;
/** The same beside a mean term: its kernels take sums as f32, exact up to 2^24. */
const LARGEST_NORM_WITH_MEANS = 2 ** 17;

/** The largest |q − zero point| of 8 bits. */
const LARGEST_STEP = 255;
/** Weights that together move an 8-bit result by less, in its steps, may be left out. */
const HALF_STEP = 0.5;
/** Weights that move a sum by less, as a share of its bias, vanish when it is rounded to f32. */
const F32_ROUNDING = 2 ** -25;

/** The layer with 8-bit output, if its integers hold all results. */
export function lowerToInt8(
  node: Layer,
  target: Target,
  name: string | undefined,
  b: Rewriter,
): NodeId | undefined {
  const whole = integerLayer(node, b);
  if (whole === undefined) return undefined;
  const isIdle: IsIdle = ({ reach }) => reach < HALF_STEP * target.scale;
  for (const layer of [whole, withoutIdle(whole, isIdle)]) {
    const { requantization, holds, ...integers } = deriveConvRequantization(layer.facts, target);
    if (!holds) continue;
    const epilogue = { kind: "requantize" as const, ...requantization, scale: target.scale };
    return addLayer(node, layer, { ...integers, epilogue }, name ?? node.name, b);
  }
  return undefined;
}

/** The layer with integer operands and real output, if 32 bits hold its biases. */
export function lowerToFloat(node: Layer, b: Rewriter): NodeId | undefined {
  const whole = integerLayer(node, b);
  if (whole === undefined) return undefined;
  const clamp = node.attrs.clamp === undefined ? {} : { clamp: node.attrs.clamp };
  const isIdle: IsIdle = ({ reach, bias }) => reach < F32_ROUNDING * Math.abs(bias);
  for (const layer of [whole, withoutIdle(whole, isIdle)]) {
    const { scales, holds, ...integers } = deriveConvDequantization(layer.facts);
    if (!holds) continue;
    const epilogue = { kind: "dequantize" as const, scales, ...clamp };
    return addLayer(node, layer, { ...integers, epilogue }, node.name, b);
  }
  return undefined;
}

/** Of a channel: the most that its weights add to a result, and its bias. */
type IsIdle = (channel: { readonly reach: number; readonly bias: number }) => boolean;

/**
 * The layer without the weights of idle channels: those that training has
 * switched off have scales too small to express a bias in.
 */
function withoutIdle(layer: IntegerLayer, isIdle: IsIdle): IntegerLayer {
  const { facts, weights } = layer;
  const { scales, norms } = facts.weights;
  const idle = scales.map((scale, c) =>
    isIdle({
      reach: norms[c]! * LARGEST_STEP * facts.input.scale * scale,
      bias: facts.bias?.[c] ?? 0,
    }),
  );
  const data = Int8Array.from(weights.tensor.data);
  forEachWeight(weights, (i, c) => {
    if (idle[c]) data[i] = 0;
  });
  const kept = {
    ...weights,
    tensor: tensor(weights.tensor.dtype as "i8" | "i2", weights.tensor.shape, data),
  };
  const summary = summarizeWeights(data, scales, weights.means);
  return { ...layer, weights: kept, facts: { ...facts, weights: summary } };
}

interface IntegerLayer {
  readonly x: NodeId;
  readonly weights: WeightConstant;
  readonly facts: QuantizedLayer;
}

/** What the layer is in integers, if input and weights are such and the bias is constant. */
function integerLayer(node: Layer, b: Rewriter): IntegerLayer | undefined {
  const [input, w, biasId] = node.inputs;
  const x = integersOf(input!, b);
  const weights = weightsOf(w!, b);
  if (x === undefined || weights?.scales === undefined || !isPlain(node)) return undefined;
  const bias = biasId === undefined ? undefined : b.constantOf(biasId);
  if (biasId !== undefined && bias?.shape.length !== 1) return undefined;
  const facts = {
    input: { scale: x.scale, zeroPoint: x.zeroPoint, ...rangeOf(x.id, b) },
    weights: summarizeWeights(weights.tensor.data, weights.scales, weights.means),
    ...(bias === undefined ? {} : { bias: toNumbers(bias) }),
  };
  const largest = weights.means === undefined ? LARGEST_NORM : LARGEST_NORM_WITH_MEANS;
  if (facts.weights.norms.some(norm => norm >= largest)) return undefined;
  return { x: x.id, weights, facts };
}

/** The bounds of an 8-bit value: those of the op that makes it, or of its type. */
function rangeOf(id: NodeId, b: Rewriter): { readonly min: number; readonly max: number } {
  const node = b.node(id);
  if (isMovement(node) && !(node.kind === "max-pool" && node.attrs.pads.some(pad => pad > 0))) {
    return rangeOf(node.inputs[0]!, b);
  }
  if (node.kind === "qadd") return node.attrs;
  const isLayer = node.kind === "qconv" || node.kind === "qgemm";
  const epilogue = isLayer ? node.attrs.epilogue : undefined;
  const { min, max } = epilogue?.kind === "requantize" ? epilogue : INT8_RANGE;
  return { min, max };
}

/** A gemm in the form of `legalize-gemm`. */
function isPlain(node: Layer): boolean {
  if (node.kind === "conv") return true;
  const { transposeA, transposeB, alpha, beta } = node.attrs;
  return !transposeA && transposeB && alpha === 1 && (beta === 1 || node.inputs.length < 3);
}

/** What becomes of the sums of a layer. */
interface Ending {
  readonly bias: Int32Array;
  readonly mean?: MeanTerm;
  readonly epilogue: Epilogue;
}

function addLayer(
  node: Layer,
  { x, weights }: IntegerLayer,
  { bias, mean, epilogue }: Ending,
  name: string | undefined,
  b: Rewriter,
): NodeId {
  const biasId = b.constant(tensor("i32", [bias.length], bias));
  const ending = { epilogue, ...(mean === undefined ? {} : { mean }) };
  // The scales live on in the epilogue, but the report shows them with the weights.
  const inputs = [x, addWeights(weights, b), biasId];
  if (weights.tensor.shape.length === 2) return b.add("qgemm", inputs, ending, name);
  const { kernel, strides, pads, dilations, group, layout } = (node as Node<"conv">).attrs;
  const attrs = { kernel, strides, pads, dilations, group, layout, ...ending };
  return b.add("qconv", inputs, attrs, name);
}
