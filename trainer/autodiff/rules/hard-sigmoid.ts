/** @file y = clamp(αx + β, 0, 1): dx = α·dy strictly between the bounds, else 0. */

import { scalar } from "../arithmetic.ts";
import type { GradientRule } from "../rule.ts";

export const hardSigmoid: GradientRule<"hard-sigmoid"> = {
  kind: "hard-sigmoid",
  gradient: ({ node, dy, ops }) => {
    const scaled = ops.mul(dy, scalar(node.attrs.alpha));
    const above = ops.where(ops.compare("greater", node.id, scalar(0)), scaled, scalar(0));
    return [ops.where(ops.compare("less", node.id, scalar(1)), above, scalar(0))];
  },
};
