/** @file y = 1/(1 + e^−x): dx = dy·y·(1 − y). */

import { scalar } from "../arithmetic.ts";
import type { GradientRule } from "../rule.ts";

export const sigmoid: GradientRule<"sigmoid"> = {
  kind: "sigmoid",
  gradient: ({ node, dy, ops }) => [ops.mul(dy, ops.mul(node.id, ops.sub(scalar(1), node.id)))],
};
