/**
 * @file Writes ops that no kernel computes as ops that kernels do compute.
 *
 *     %1 = leaky-relu %0 {alpha=0.1}     %1 = mul %0, 0.1
 *                                        %2 = max %0, %1
 *
 * Activations without a kernel of their own become elementwise arithmetic,
 * bit for bit the same, and a softmax runs along the last dimension. Depthwise
 * kernels have no 2-bit weights, and none for 8-bit weights with real inputs:
 * ternary becomes int8 there, or f32. Means of weights, with real inputs, become
 * a sum over windows, shared by all filters, times the means.
 */

import { elementCount } from "../../core/shape.ts";
import { type Tensor, tensor, tensorOf } from "../../core/tensor.ts";
import type { Node, NodeId } from "../../model/ir/graph.ts";
import type { Rewriter } from "../../model/ir/rewrite.ts";
import { rewrite } from "../../model/ops/index.ts";
import { channelAxis, channelShape } from "./channelwise.ts";
import type { Pass } from "./pass.ts";
import { addWeights, realWeights, weightsOf } from "./weight-constant.ts";

/** Runs after `lower-quantized`: what became a table needs no arithmetic. */
export const legalize: Pass = {
  name: "legalize",
  summary: "write ops that no kernel computes as ops that kernels do compute",
  accuracy: "rounds",
  run: graph =>
    rewrite(graph, {
      "hard-sigmoid": (node, b) => {
        const { alpha, beta } = node.attrs;
        const scaled = b.add("mul", [node.inputs[0]!, scalar(alpha, b)], {});
        const sum = b.add("add", [scaled, scalar(beta, b)], {});
        return b.add("clamp", [sum], { min: 0, max: 1 }, node.name);
      },
      "leaky-relu": leakyRelu,
      neg: (node, b) => f32Only(node, () => negated(node.inputs[0]!, b)),
      abs: (node, b) =>
        f32Only(node, () => b.add("max", [node.inputs[0]!, negated(node.inputs[0]!, b)], {})),
      reciprocal: (node, b) => b.add("div", [scalar(1, b), node.inputs[0]!], {}, node.name),
      softmax: softmaxAlongLast,
      conv: (node, b) => legalizeDepthwise(node, b) ?? writeOutMeans(node, b),
      gemm: writeOutMeans,
      qconv: legalizeDepthwise,
    }),
};

function leakyRelu(node: Node<"leaky-relu">, b: Rewriter): NodeId | undefined {
  const x = node.inputs[0]!;
  const { alpha } = node.attrs;
  const scaled = b.add("mul", [x, scalar(alpha, b)], {});
  if (alpha >= 0 && alpha <= 1) return b.add("max", [x, scaled], {}, node.name);
  if (alpha > 1) return b.add("min", [x, scaled], {}, node.name);
  return undefined;
}

/** The kernel runs along the last dimension. */
function softmaxAlongLast(node: Node<"softmax">, b: Rewriter): NodeId | undefined {
  const { axis } = node.attrs;
  const last = node.type.shape.length - 1;
  if (axis === last) return undefined;
  const permutation = node.type.shape.map((_, i) => (i === axis ? last : i === last ? axis : i));
  const moved = b.add("transpose", node.inputs, { permutation });
  const value = b.add("softmax", [moved], { axis: last });
  return b.add("transpose", [value], { permutation }, node.name);
}

function f32Only(node: Node, rewritten: () => NodeId): NodeId | undefined {
  return node.type.dtype === "f32" ? rewritten() : undefined;
}

function negated(x: NodeId, b: Rewriter): NodeId {
  return b.add("mul", [x, scalar(-1, b)], {});
}

function scalar(value: number, b: Rewriter): NodeId {
  return b.constant(tensorOf("f32", [], [value]));
}

/** y = clamp(x ∗ (s·q) + bias + μ · (x ∗ 1)), bit for bit what the op itself means. */
function writeOutMeans(node: Node<"conv" | "gemm">, b: Rewriter): NodeId | undefined {
  const [x, w, ...bias] = node.inputs;
  const weights = weightsOf(w!, b);
  if (weights?.means === undefined) return undefined;
  const { means, ...plain } = weights;
  if (node.kind === "conv" && node.attrs.group > 1) {
    const real = addWeights({ tensor: realWeights(weights), name: weights.name }, b);
    return b.add("conv", [x!, real, ...bias], node.attrs, node.name);
  }
  const { clamp, ...attrs } = node.attrs;
  const [channels, ...window] = plain.tensor.shape as readonly [number, ...number[]];
  const ones = new Int8Array(elementCount(window)).fill(1);
  const one = addWeights({ tensor: tensor("i2", [1, ...window], ones), scales: [1] }, b);
  const product = addLayer(node, [x!, addWeights(plain, b), ...bias], attrs, b);
  const sums = addLayer(node, [x!, one], attrs, b);
  const axis = channelAxis(node);
  const shape = channelShape(channels, node.type.shape.length, axis);
  const term = b.add("mul", [sums, b.constant(tensorOf("f32", shape, means))], {});
  const total = b.add("add", [product, term], {}, clamp === undefined ? node.name : undefined);
  return clamp === undefined ? total : b.add("clamp", [total], clamp, node.name);
}

type Layer = Node<"conv"> | Node<"gemm">;

function addLayer(
  { kind }: Layer,
  inputs: readonly NodeId[],
  attrs: Layer["attrs"],
  b: Rewriter,
): NodeId {
  return kind === "conv"
    ? b.add("conv", inputs, attrs as Node<"conv">["attrs"])
    : b.add("gemm", inputs, attrs as Node<"gemm">["attrs"]);
}

function legalizeDepthwise(node: Node<"conv" | "qconv">, b: Rewriter): NodeId | undefined {
  const [x, w, ...bias] = node.inputs;
  const weights = weightsOf(w!, b);
  const { group } = node.attrs;
  if (weights?.scales === undefined || group === 1 || weights.tensor.shape[1] !== 1)
    return undefined;
  if (node.kind === "conv") {
    const real = addWeights({ tensor: realWeights(weights) }, b);
    return b.add("conv", [x!, real, ...bias], node.attrs, node.name);
  }
  if (weights.tensor.dtype !== "i2") return undefined;
  const { shape, data } = weights.tensor as Tensor<"i2">;
  const widened = addWeights({ ...weights, tensor: tensor("i8", shape, data) }, b);
  return b.add("qconv", [x!, widened, ...bias], node.attrs, node.name);
}
