/** @file Operands side by side: each takes its slice of dy. */

import type { GradientRule } from "../rule.ts";

export const concat: GradientRule<"concat"> = {
  kind: "concat",
  gradient: ({ node, dy, ops, needed }) => {
    const { axis } = node.attrs;
    let from = 0;
    return node.inputs.map((operand, index) => {
      const sizes = ops.shapeOf(operand);
      const start = from;
      from += sizes[axis]!;
      if (!needed(index)) return undefined;
      return ops.slice(
        dy,
        sizes.map((_, i) => (i === axis ? start : 0)),
        sizes,
      );
    });
  },
};
