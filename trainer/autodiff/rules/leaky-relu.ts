/** @file y = x where x ≥ 0, else αx. */

import { scalar } from "../arithmetic.ts";
import type { GradientRule } from "../rule.ts";

export const leakyRelu: GradientRule<"leaky-relu"> = {
  kind: "leaky-relu",
  gradient: ({ node, dy, ops }) => {
    const positive = ops.compare("greater-or-equal", node.inputs[0]!, scalar(0));
    return [ops.where(positive, dy, ops.mul(dy, scalar(node.attrs.alpha)))];
  },
};
