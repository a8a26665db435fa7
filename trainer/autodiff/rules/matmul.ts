/** @file y = A·B, each transposed or not, batch dimensions broadcast. */

import type { NodeId } from "../../../model/ir/graph.ts";
import type { Arithmetic } from "../arithmetic.ts";
import { sumToShape } from "../broadcast.ts";
import type { GradientRule } from "../rule.ts";

export const matmul: GradientRule<"matmul"> = {
  kind: "matmul",
  gradient: ({ node, dy, ops, needed }) => {
    const [a, b] = node.inputs as [NodeId, NodeId];
    const { transposeA: ta, transposeB: tb } = node.attrs;
    const da = (): NodeId => (ta ? product(ops, b, dy, tb, true) : product(ops, dy, b, false, !tb));
    const db = (): NodeId => (tb ? product(ops, dy, a, true, ta) : product(ops, a, dy, !ta, false));
    return [
      needed(0) ? sumToShape(ops, da(), ops.shapeOf(a)) : undefined,
      needed(1) ? sumToShape(ops, db(), ops.shapeOf(b)) : undefined,
    ];
  },
};

function product(
  ops: Arithmetic,
  a: NodeId,
  b: NodeId,
  transposeA: boolean,
  transposeB: boolean,
): NodeId {
  return ops.op("matmul", [a, b], { transposeA, transposeB });
}
