/** @file y = 1/x: dx = −dy·y². */

import type { GradientRule } from "../rule.ts";

export const reciprocal: GradientRule<"reciprocal"> = {
  kind: "reciprocal",
  gradient: ({ node, dy, ops }) => [ops.unary("neg", ops.mul(dy, ops.mul(node.id, node.id)))],
};
