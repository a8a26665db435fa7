/** @file y = e^x: dx = dy·y. */

import type { GradientRule } from "../rule.ts";

export const exp: GradientRule<"exp"> = {
  kind: "exp",
  gradient: ({ node, dy, ops }) => [ops.mul(dy, node.id)],
};
