/**
 * @file The norm of what each filter sees: ‖x_p‖ of a patch p, or of a row.
 *
 *     ‖x_p‖² = conv(x ⊙ x, ones)         one box filter for all filters of a group
 */

import type { NodeId } from "../../model/ir/graph.ts";
import { type Arithmetic, scalar } from "../autodiff/arithmetic.ts";
import type { LinearStep } from "./network.ts";

/** Stands in for the square of a smaller norm. */
const TINY = 1e-6;

/** [N, 1, …] or [N, M, …]: broadcasts over the product of `step` with `x`. */
export function emitPatchNorm(ops: Arithmetic, { product, shape }: LinearStep, x: NodeId): NodeId {
  const square = ops.mul(x, x);
  const sum = product.kind === "gemm" ? ops.sum(square, [1], true) : boxes(square);
  return ops.unary("sqrt", ops.max(sum, scalar(TINY)));

  function boxes(squares: NodeId): NodeId {
    const { kind: _, ...attrs } = product as Extract<LinearStep["product"], { kind: "conv" }>;
    const channels = ops.shapeOf(squares)[1]!;
    const filters = attrs.group === 1 ? 1 : shape[0]!;
    const ones = ops.filled([filters, channels / attrs.group, ...attrs.kernel], 1);
    return ops.op("conv", [squares, ones], attrs);
  }
}
