/** @file y = ln x: dx = dy / x. */

import type { GradientRule } from "../rule.ts";

export const log: GradientRule<"log"> = {
  kind: "log",
  gradient: ({ node, dy, ops }) => [ops.div(dy, node.inputs[0]!)],
};
