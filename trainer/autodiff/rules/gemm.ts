/** @file y = α·A·B + β·C, A and B each transposed or not. */

import { InternalError } from "../../../model/diagnostics/diagnostic.ts";
import type { NodeId } from "../../../model/ir/graph.ts";
import { scalar } from "../arithmetic.ts";
import { sumToShape } from "../broadcast.ts";
import type { GradientRule } from "../rule.ts";

export const gemm: GradientRule<"gemm"> = {
  kind: "gemm",
  gradient: ({ node, dy, ops, needed }) => {
    const { transposeA: ta, transposeB: tb, alpha, beta, clamp } = node.attrs;
    if (clamp !== undefined) throw new InternalError("differentiate: gemm with a fused clamp");
    const [a, b, c] = node.inputs as [NodeId, NodeId, NodeId?];
    const product = (x: NodeId, y: NodeId, tx: boolean, ty: boolean): NodeId =>
      ops.op("gemm", [x, y], { transposeA: tx, transposeB: ty, alpha, beta: 1 });
    return [
      needed(0) ? (ta ? product(b, dy, tb, true) : product(dy, b, false, !tb)) : undefined,
      needed(1) ? (tb ? product(dy, a, true, ta) : product(a, dy, !ta, false)) : undefined,
      c !== undefined && needed(2)
        ? sumToShape(ops, beta === 1 ? dy : ops.mul(dy, scalar(beta)), ops.shapeOf(c))
        : undefined,
    ];
  },
};
