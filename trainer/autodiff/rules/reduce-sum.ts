/** @file y = Σ x: dy, repeated. */

import { spread } from "../reduction.ts";
import type { GradientRule } from "../rule.ts";

export const reduceSum: GradientRule<"reduce-sum"> = {
  kind: "reduce-sum",
  gradient: ({ node, dy, ops }) => [spread(ops, dy, ops.shapeOf(node.inputs[0]!), node.attrs.axes)],
};
