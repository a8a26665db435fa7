/** @file The gradient that `min` and `max` share. */

import type { NodeId } from "../../model/ir/graph.ts";
import { scalar } from "./arithmetic.ts";
import { sumToShape } from "./broadcast.ts";
import type { GradientRequest } from "./rule.ts";

/** Sends dy to `a` where `a wins b`, to `b` where `b wins a`, and halves it between equals. */
export function selectOperand(
  { node, dy, ops, needed }: GradientRequest<"min" | "max">,
  wins: "greater" | "less",
): readonly (NodeId | undefined)[] {
  const [a, b] = node.inputs as [NodeId, NodeId];
  const tie = ops.compare("equal", a, b);
  const half = ops.mul(dy, scalar(0.5));
  const share = (x: NodeId, other: NodeId): NodeId => {
    const won = ops.where(ops.compare(wins, x, other), dy, scalar(0));
    return sumToShape(ops, ops.where(tie, half, won), ops.shapeOf(x));
  };
  return [needed(0) ? share(a, b) : undefined, needed(1) ? share(b, a) : undefined];
}
