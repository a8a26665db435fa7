/**
 * @file Turns a product with a constant matrix into a gemm.
 *
 *     %2 = matmul %0, %1 : f32[2,3,8]      %2 = reshape %0 {shape=[6,4]}
 *                                          %3 = gemm %2, %1 : f32[6,8]
 *                                          %4 = reshape %3 {shape=[2,3,8]}
 *
 * A gemm takes a bias, a clamp and packed weights; a batched product does not.
 */

import { elementCount } from "../../core/shape.ts";
import type { Node, NodeId } from "../../model/ir/graph.ts";
import type { Rewriter } from "../../model/ir/rewrite.ts";
import { rewrite } from "../../model/ops/index.ts";
import type { Pass } from "./pass.ts";

export const lowerMatmul: Pass = {
  name: "lower-matmul",
  summary: "turn a product with a constant matrix into a gemm",
  accuracy: "exact",
  run: graph => rewrite(graph, { matmul: lower }),
};

function lower(node: Node<"matmul">, b: Rewriter): NodeId | undefined {
  const [x, weights] = node.inputs as [NodeId, NodeId];
  const { transposeA, transposeB } = node.attrs;
  if (!isConstantMatrix(weights, b)) return undefined;
  const { shape } = b.typeOf(x);
  if (shape.length < 2 || (transposeA && shape.length > 2)) return undefined;

  const attrs = { transposeA, transposeB, alpha: 1, beta: 1 };
  if (shape.length === 2) return b.add("gemm", [x, weights], attrs, node.name);
  const depth = shape.at(-1)!;
  const rows = elementCount(shape.slice(0, -1));
  const matrix = b.add("reshape", [x], { shape: [rows, depth] });
  const product = b.add("gemm", [matrix, weights], attrs, node.name);
  return b.add("reshape", [product], { shape: node.type.shape });
}

/** A constant, also a quantised one on its way to the product. */
function isConstantMatrix(id: NodeId, b: Rewriter): boolean {
  const node = b.node(id);
  if (node.type.shape.length !== 2) return false;
  if (node.kind === "const") return true;
  const passesOn = ["dequantize", "transpose", "reshape"].includes(node.kind);
  return passesOn && isConstantRooted(node.inputs[0]!, b);
}

function isConstantRooted(id: NodeId, b: Rewriter): boolean {
  const node = b.node(id);
  if (node.kind === "const") return true;
  return node.inputs.length === 1 && isConstantRooted(node.inputs[0]!, b);
}
