/** @file y = a·b. */

import { sumToShape } from "../broadcast.ts";
import type { GradientRule } from "../rule.ts";

export const mul: GradientRule<"mul"> = {
  kind: "mul",
  gradient: ({ node, dy, ops, needed }) => {
    const [a, b] = node.inputs as [typeof dy, typeof dy];
    return [
      needed(0) ? sumToShape(ops, ops.mul(dy, b), ops.shapeOf(a)) : undefined,
      needed(1) ? sumToShape(ops, ops.mul(dy, a), ops.shapeOf(b)) : undefined,
    ];
  },
};
