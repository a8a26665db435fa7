/** @file Lowers `gemm`: a matrix of activations times constant weights, with bias and clamp. */

import { elementCount } from "../../../core/shape.ts";
import type { Tensor } from "../../../core/tensor.ts";
import type { Node } from "../../../model/ir/graph.ts";
import type { Lowering } from "./lowering.ts";
import { matrixCall, matrixWindows, productCandidates } from "./product.ts";
import { elementOf, floatEpilogue, weightFacts } from "./weights.ts";

export const gemm: Lowering<"gemm"> = {
  kind: "gemm",

  rejects(node, [a, b, c]) {
    const { alpha, beta, transposeA } = node.attrs;
    if (a!.type.dtype !== "f32") return `no kernel multiplies ${a!.type.dtype} matrices`;
    if (transposeA) return "the first operand must not be transposed";
    if (b!.kind !== "const") return "the second operand must be constant";
    if (elementOf(b!) === undefined) return `no kernel takes ${b!.type.dtype} weights`;
    if (alpha !== 1 || (c !== undefined && beta !== 1)) return "alpha and beta must be 1";
    if (c === undefined) return undefined;
    const n = node.type.shape[1]!;
    const perColumn = elementCount(c.type.shape) === n && c.type.shape.at(-1) === n;
    return c.kind === "const" && perColumn
      ? undefined
      : "the addend must be one constant per column";
  },

  lower(node, step) {
    const [, weights] = step.operands;
    const [x, y] = [step.view(0), step.result];
    const [m, n] = node.type.shape as [number, number];
    const macs = m * n * x.shape[1]!;
    step.choose(
      productCandidates(step, {
        activation: "f32",
        element: elementOf(weights!)!,
        windows: matrixWindows(x, y),
        n,
        epilogue: floatEpilogue(weights!, step.tensor(2), node.attrs.clamp),
        report: bytes => step.report(weightFacts(weights!, bytes, macs)),
        groups: [{ weights: filtersOf(node, step.tensor(1)!), calls: [matrixCall(x, y)] }],
      }),
    );
  },
};

/** Weights as [N][K]. */
function filtersOf({ attrs }: Node<"gemm">, { data, shape }: Tensor): ArrayLike<number> {
  const values = Float32Array.from(data as ArrayLike<number>);
  if (attrs.transposeB) return values;
  const [k, n] = shape as [number, number];
  return values.map((_, i) => values[(i % k) * n + Math.floor(i / k)]!);
}
