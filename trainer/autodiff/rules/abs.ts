/** @file y = |x|: dx = dy·sign x. */

import type { GradientRule } from "../rule.ts";

export const abs: GradientRule<"abs"> = {
  kind: "abs",
  gradient: ({ node, dy, ops }) => [ops.mul(dy, ops.unary("sign", node.inputs[0]!))],
};
