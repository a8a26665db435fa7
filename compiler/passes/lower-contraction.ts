/** @file The part of `lower-quantized` that makes qconv and qgemm. */

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
import { type WeightConstant, weightsOf } from "./weight-constant.ts";

type Layer = Node<"conv"> | Node<"gemm">;

/** Σ|w| from which on 32 bits might not hold the sum: the layer stays real. */
const LARGEST_NORM = 2 ** 23;

/** The layer with 8-bit output. */
export function lowerToInt8(
  node: Layer,
  target: Target,
  name: string | undefined,
  b: Rewriter,
): NodeId | undefined {
  const layer = integerLayer(node, b);
  if (layer === undefined) return undefined;
  const { bias, requantization } = deriveConvRequantization(layer.facts, target);
  const epilogue = { kind: "requantize" as const, ...requantization, scale: target.scale };
  return addLayer(node, layer, bias, epilogue, name ?? node.name, b);
}

/** The layer with integer operands and real output. */
export function lowerToFloat(node: Layer, b: Rewriter): NodeId | undefined {
  const layer = integerLayer(node, b);
  if (layer === undefined) return undefined;
  const { bias, scales } = deriveConvDequantization(layer.facts);
  const clamp = node.attrs.clamp === undefined ? {} : { clamp: node.attrs.clamp };
  return addLayer(node, layer, bias, { kind: "dequantize", scales, ...clamp }, node.name, b);
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
    weights: summarizeWeights(weights.tensor.data, weights.scales),
    ...(bias === undefined ? {} : { bias: toNumbers(bias) }),
  };
  if (facts.weights.norms.some(norm => norm >= LARGEST_NORM)) return undefined;
  return { x: x.id, weights, facts };
}

/** The bounds of an 8-bit value: those of the op that makes it, or of its type. */
function rangeOf(id: NodeId, b: Rewriter): { readonly min: number; readonly max: number } {
  const node = b.node(id);
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

function addLayer(
  node: Layer,
  { x, weights }: IntegerLayer,
  bias: Int32Array,
  epilogue: Epilogue,
  name: string | undefined,
  b: Rewriter,
): NodeId {
  const biasId = b.constant(tensor("i32", [bias.length], bias));
  // The scales live on in the epilogue, but the report shows them with the weights.
  const inputs = [x, node.inputs[1]!, biasId];
  if (weights.tensor.shape.length === 2) return b.add("qgemm", inputs, { epilogue }, name);
  const { kernel, strides, pads, dilations, group, layout } = (node as Node<"conv">).attrs;
  const attrs = { kernel, strides, pads, dilations, group, layout, epilogue };
  return b.add("qconv", inputs, attrs, name);
}
