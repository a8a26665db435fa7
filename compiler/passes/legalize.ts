/**
 * @file Writes ops that no kernel computes as ops that kernels do compute.
 *
 *     %1 = leaky-relu %0 {alpha=0.1}     %1 = mul %0, 0.1
 *                                        %2 = max %0, %1
 *
 * Activations without a kernel of their own become elementwise arithmetic,
 * bit for bit the same, and a softmax runs along the last dimension. Depthwise
 * kernels have no 2-bit weights, and none for 8-bit weights with real inputs:
 * ternary becomes int8 there, or f32.
 */

import { type Tensor, tensor, tensorOf } from "../../core/tensor.ts";
import type { Node, NodeId } from "../../model/ir/graph.ts";
import type { Rewriter } from "../../model/ir/rewrite.ts";
import { rewrite } from "../../model/ops/index.ts";
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
      conv: legalizeDepthwise,
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
