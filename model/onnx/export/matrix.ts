/** @file Matrix products. */

import { MICROSOFT } from "../opset.ts";
import { flag, unlessDefault } from "./attributes.ts";
import type { ExportGraph } from "./context.ts";
import { clamped, type Exporter } from "./elementwise.ts";
import { realOf } from "./quantize.ts";

export const exportGemm: Exporter<"gemm"> = (node, e) => {
  const { transposeA, transposeB, alpha, beta, clamp } = node.attrs;
  const operands = node.inputs.map(id => realOf(e, id));
  const product = e.emit("Gemm", operands, {
    ...flag("transA", transposeA),
    ...flag("transB", transposeB),
    ...unlessDefault("alpha", alpha, 1),
    ...unlessDefault("beta", beta, 1),
  });
  return clamped(e, product, node.type, clamp);
};

/** Transposed operands need FusedMatMul, or a Transpose where that is not allowed. */
export const exportMatMul: Exporter<"matmul"> = (node, e) => {
  const { transposeA, transposeB } = node.attrs;
  const [a, b] = node.inputs.map(id => realOf(e, id)) as [string, string];
  if (!transposeA && !transposeB) return e.emit("MatMul", [a, b]);
  if (e.settings.extensions.includes(MICROSOFT)) {
    const attributes = { ...flag("transA", transposeA), ...flag("transB", transposeB) };
    return e.emit("FusedMatMul", [a, b], attributes, MICROSOFT);
  }
  const ranks = node.inputs.map(id => e.typeOf(id).shape.length);
  return e.emit("MatMul", [
    transposeA ? swapped(e, a, ranks[0]!) : a,
    transposeB ? swapped(e, b, ranks[1]!) : b,
  ]);
};

/** The last two dimensions exchanged. */
function swapped(e: ExportGraph, name: string, rank: number): string {
  const permutation = Array.from({ length: rank }, (_, axis) => axis);
  permutation.push(...permutation.splice(rank - 2).reverse());
  return e.form("swapped", name, () => e.transpose(name, permutation));
}
