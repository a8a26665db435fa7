/** @file y = √x: dx = dy / 2y. */

import { scalar } from "../arithmetic.ts";
import type { GradientRule } from "../rule.ts";

export const sqrt: GradientRule<"sqrt"> = {
  kind: "sqrt",
  gradient: ({ node, dy, ops }) => [ops.div(dy, ops.mul(node.id, scalar(2)))],
};
