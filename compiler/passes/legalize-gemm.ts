/**
 * @file Brings every gemm with constant weights into one form.
 *
 *     y = a · bᵀ + c      b [N, K] constant, c [N] constant or absent
 *
 * alpha goes into the weights and beta into c, a transposed a becomes a
 * transpose of its own, an addend that is no bias becomes an add. Later passes
 * and kernels know only this form.
 */

import { type Tensor, tensorOf, toNumbers } from "../../core/tensor.ts";
import type { Node, NodeId } from "../../model/ir/graph.ts";
import type { Rewriter } from "../../model/ir/rewrite.ts";
import { rewrite } from "../../model/ops/index.ts";
import { alongAxis } from "./channelwise.ts";
import type { Pass } from "./pass.ts";
import {
  addWeights,
  scaleChannels,
  type WeightConstant,
  weightsOf,
  withMeans,
} from "./weight-constant.ts";

/** Runs before the passes that fold into weights: they expect output channels first. */
export const legalizeGemm: Pass = {
  name: "legalize-gemm",
  summary: "bring every gemm with constant weights into the form a · bᵀ + bias",
  accuracy: "rounds",
  run: graph => rewrite(graph, { gemm: legalize }),
};

function legalize(node: Node<"gemm">, b: Rewriter): NodeId | undefined {
  const { transposeA, transposeB, alpha, beta } = node.attrs;
  const [a, , c] = node.inputs;
  const bias = c === undefined ? undefined : biasOf(c, beta, node, b);
  const isLegal =
    !transposeA && transposeB && alpha === 1 && (c === undefined || (bias === c && beta === 1));
  if (isLegal) return undefined;
  const weights = legalWeights(node, b);
  if (weights === undefined) return undefined;

  const rows = transposeA ? b.add("transpose", [a!], { permutation: [1, 0] }) : a!;
  const attrs = { transposeA: false, transposeB: true, alpha: 1, beta: 1 };
  const operands = [rows, addWeights(weights, b)];
  if (c === undefined || bias !== undefined) {
    const clamp = node.attrs.clamp === undefined ? {} : { clamp: node.attrs.clamp };
    if (bias !== undefined) operands.push(bias);
    return b.add("gemm", operands, { ...attrs, ...clamp }, node.name);
  }
  return withAddend(b.add("gemm", operands, attrs), node, b);
}

/** [N, K] with alpha in it. */
function legalWeights(node: Node<"gemm">, b: Rewriter): WeightConstant | undefined {
  const { transposeB, alpha } = node.attrs;
  const weights = transposeB
    ? weightsOf(node.inputs[1]!, b)
    : transposedWeights(b.node(node.inputs[1]!));
  if (weights === undefined || alpha === 1) return weights;
  return scaleChannels(weights, new Array<number>(weights.tensor.shape[0]!).fill(alpha));
}

function transposedWeights(node: Node): WeightConstant | undefined {
  if (node.kind !== "const") return undefined;
  const { tensor, quantization } = node.attrs;
  const { name } = node;
  if (tensor.dtype === "f32") return { tensor: transposed(tensor as Tensor<"f32">), name };
  if (tensor.dtype !== "i8" && tensor.dtype !== "i2") return undefined;
  if (quantization?.axis !== 1) return undefined;
  const { scales, means } = quantization;
  const turned = transposed(tensor as Tensor<"i8"> | Tensor<"i2">);
  return { tensor: turned, scales, ...withMeans(means), name };
}

function transposed<T extends Tensor>(t: T): T {
  const [rows, columns] = t.shape as [number, number];
  const data = t.data.slice();
  for (let i = 0; i < data.length; i++) {
    data[i] = t.data[(i % rows) * columns + Math.floor(i / rows)]!;
  }
  return { ...t, shape: [columns, rows], data };
}

/** The bias [N] that `c` stands for, `c` itself where it is one already. */
function biasOf(c: NodeId, beta: number, node: Node<"gemm">, b: Rewriter): NodeId | undefined {
  const constant = b.constantOf(c);
  const { shape } = node.type;
  if (constant === undefined) return undefined;
  if (beta === 1 && constant.shape.length === 1 && constant.shape[0] === shape[1]) return c;
  const values = alongAxis(constant, shape, 1);
  const flat = values ?? (shape[0] === 1 ? toNumbers(constant) : undefined);
  if (flat === undefined) return undefined;
  const scaled = flat.map(value => value * Math.fround(beta));
  return b.constant(tensorOf("f32", [shape[1]!], scaled), { name: b.node(c).name });
}

/** beta · c added by a node of its own. */
function withAddend(product: NodeId, node: Node<"gemm">, b: Rewriter): NodeId {
  const { beta, clamp } = node.attrs;
  const c = node.inputs[2]!;
  const factor = tensorOf("f32", [], [beta]);
  const addend = beta === 1 ? c : b.add("mul", [c, b.constant(factor)], {});
  if (clamp === undefined) return b.add("add", [product, addend], {}, node.name);
  return b.add("clamp", [b.add("add", [product, addend], {})], clamp, node.name);
}
