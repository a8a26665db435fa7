/** @file y = tanh x: dx = dy·(1 − y²). */

import { scalar } from "../arithmetic.ts";
import type { GradientRule } from "../rule.ts";

export const tanh: GradientRule<"tanh"> = {
  kind: "tanh",
  gradient: ({ node, dy, ops }) => [ops.mul(dy, ops.sub(scalar(1), ops.mul(node.id, node.id)))],
};
