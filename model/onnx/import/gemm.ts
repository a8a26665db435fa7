/** @file Matrix products: Gemm, MatMul, and ONNX Runtime's FusedMatMul. */

import type { NodeId } from "../../ir/graph.ts";
import type { Importer, ImportNode } from "./context.ts";

export const importGemm: Importer = n => {
  const bias = n.optional(2);
  const operands = [n.input(0), n.input(1)];
  return n.add("gemm", bias === undefined ? operands : [...operands, bias], {
    transposeA: n.attributes.int("transA", 0) !== 0,
    transposeB: n.attributes.int("transB", 0) !== 0,
    alpha: n.attributes.float("alpha", 1),
    beta: n.attributes.float("beta", 1),
  });
};

export const importMatMul: Importer = n => multiply(n, n.input(0), n.input(1), false, false);

export const importFusedMatMul: Importer = n => {
  for (const name of ["transBatchA", "transBatchB"]) {
    if (n.attributes.int(name, 0) !== 0) n.unsupported(`"${name}" is set`, "transpose before");
  }
  const alpha = n.attributes.float("alpha", 1);
  const transposeA = n.attributes.int("transA", 0) !== 0;
  const transposeB = n.attributes.int("transB", 0) !== 0;
  const product = multiply(n, n.input(0), n.input(1), transposeA, transposeB);
  return alpha === 1 ? product : n.add("mul", [product, n.scalar(alpha, product)], {});
};

/** A vector is a matrix of one row on the left, of one column on the right; then dropped again. */
export function multiply(
  n: ImportNode,
  a: NodeId,
  b: NodeId,
  transposeA: boolean,
  transposeB: boolean,
): NodeId {
  const [left, right] = [n.shapeOf(a), n.shapeOf(b)];
  if (left.length > 1 && right.length > 1) {
    return n.add("matmul", [a, b], { transposeA, transposeB });
  }
  const rows = left.length === 1 ? n.reshape(a, [1, ...left]) : a;
  const columns = right.length === 1 ? n.reshape(b, [...right, 1]) : b;
  const product = n.add("matmul", [rows, columns], { transposeA: false, transposeB: false });
  const shape = [...n.shapeOf(product)];
  if (right.length === 1) shape.pop();
  if (left.length === 1) shape.splice(right.length === 1 ? -1 : -2, 1);
  return n.reshape(product, shape);
}
