/** @file Repetition: dy summed over the repeats. */

import { sumToShape } from "../broadcast.ts";
import type { GradientRule } from "../rule.ts";

export const expand: GradientRule<"expand"> = {
  kind: "expand",
  gradient: ({ node, dy, ops }) => [sumToShape(ops, dy, ops.shapeOf(node.inputs[0]!))],
};
