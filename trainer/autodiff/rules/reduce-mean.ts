/** @file y = (Σ x) / n: dy / n, repeated. */

import { scalar } from "../arithmetic.ts";
import { reducedCount, spread } from "../reduction.ts";
import type { GradientRule } from "../rule.ts";

export const reduceMean: GradientRule<"reduce-mean"> = {
  kind: "reduce-mean",
  gradient: ({ node, dy, ops }) => {
    const shape = ops.shapeOf(node.inputs[0]!);
    const { axes } = node.attrs;
    const share = ops.mul(dy, scalar(1 / reducedCount(shape, axes)));
    return [spread(ops, share, shape, axes)];
  },
};
