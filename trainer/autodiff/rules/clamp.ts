/**
 * @file y = min(max(x, lo), hi): dy where lo < y < hi, else 0.
 *
 * A comparison with an infinite bound is left out, so a ReLU costs one
 * comparison and one product. At a bound itself the gradient is 0.
 */

import type { NodeId } from "../../../model/ir/graph.ts";
import { scalar } from "../arithmetic.ts";
import type { GradientRule } from "../rule.ts";

export const clamp: GradientRule<"clamp"> = {
  kind: "clamp",
  gradient: ({ node, dy, ops }) => {
    const { min, max } = node.attrs;
    const bounded: NodeId = node.id;
    let dx = dy;
    if (min !== -Infinity) {
      dx = ops.mul(dx, ops.indicator(ops.compare("greater", bounded, scalar(min))));
    }
    if (max !== Infinity) {
      dx = ops.mul(dx, ops.indicator(ops.compare("less", bounded, scalar(max))));
    }
    return [dx];
  },
};
