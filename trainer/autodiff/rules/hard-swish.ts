/** @file y = x·clamp(x/6 + 1/2, 0, 1): dx = dy·(0 below −3, 1 above 3, x/3 + 1/2 between). */

import { scalar } from "../arithmetic.ts";
import type { GradientRule } from "../rule.ts";

export const hardSwish: GradientRule<"hard-swish"> = {
  kind: "hard-swish",
  gradient: ({ node, dy, ops }) => {
    const x = node.inputs[0]!;
    const slope = ops.add(ops.mul(x, scalar(1 / 3)), scalar(0.5));
    const below = ops.compare("less", x, scalar(-3));
    const above = ops.compare("greater", x, scalar(3));
    const factor = ops.where(below, scalar(0), ops.where(above, scalar(1), slope));
    return [ops.mul(dy, factor)];
  },
};
