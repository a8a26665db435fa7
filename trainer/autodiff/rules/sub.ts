/** @file y = a − b. */

import { sumToShape } from "../broadcast.ts";
import type { GradientRule } from "../rule.ts";

export const sub: GradientRule<"sub"> = {
  kind: "sub",
  gradient: ({ node, dy, ops, needed }) => {
    const [a, b] = node.inputs as [typeof dy, typeof dy];
    return [
      needed(0) ? sumToShape(ops, dy, ops.shapeOf(a)) : undefined,
      needed(1) ? ops.unary("neg", sumToShape(ops, dy, ops.shapeOf(b))) : undefined,
    ];
  },
};
