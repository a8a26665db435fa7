/** @file y = condition ? a : b. The condition takes no gradient. */

import { scalar } from "../arithmetic.ts";
import { sumToShape } from "../broadcast.ts";
import type { GradientRule } from "../rule.ts";

export const where: GradientRule<"where"> = {
  kind: "where",
  gradient: ({ node, dy, ops, needed }) => {
    const [condition, a, b] = node.inputs as [typeof dy, typeof dy, typeof dy];
    return [
      undefined,
      needed(1) ? sumToShape(ops, ops.where(condition, dy, scalar(0)), ops.shapeOf(a)) : undefined,
      needed(2) ? sumToShape(ops, ops.where(condition, scalar(0), dy), ops.shapeOf(b)) : undefined,
    ];
  },
};
