/** @file y = a / b: da = dy / b, db = −dy·y / b. */

import { sumToShape } from "../broadcast.ts";
import type { GradientRule } from "../rule.ts";

export const div: GradientRule<"div"> = {
  kind: "div",
  gradient: ({ node, dy, ops, needed }) => {
    const [a, b] = node.inputs as [typeof dy, typeof dy];
    const quotient = ops.div(dy, b);
    return [
      needed(0) ? sumToShape(ops, quotient, ops.shapeOf(a)) : undefined,
      needed(1)
        ? sumToShape(ops, ops.unary("neg", ops.mul(quotient, node.id)), ops.shapeOf(b))
        : undefined,
    ];
  },
};
