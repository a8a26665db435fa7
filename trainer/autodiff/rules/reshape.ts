/** @file The same elements under another shape. */

import type { GradientRule } from "../rule.ts";

export const reshape: GradientRule<"reshape"> = {
  kind: "reshape",
  gradient: ({ node, dy, ops }) => [ops.reshape(dy, ops.shapeOf(node.inputs[0]!))],
};
