/** @file y = a + b: dy flows to both. */

import { sumToShape } from "../broadcast.ts";
import type { GradientRule } from "../rule.ts";

export const add: GradientRule<"add"> = {
  kind: "add",
  gradient: ({ node, dy, ops, needed }) =>
    node.inputs.map((x, i) => (needed(i) ? sumToShape(ops, dy, ops.shapeOf(x)) : undefined)),
};
