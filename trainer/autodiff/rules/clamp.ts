/**
 * @file y = min(max(x, lo), hi): dy where lo < y < hi, else 0.
 *
 * A comparison with an infinite bound is left out, so a ReLU costs one
 * comparison and one selection. At a bound itself the gradient is 0.
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
      dx = ops.where(ops.compare("greater", bounded, scalar(min)), dx, scalar(0));
    }
    if (max !== Infinity) {
      dx = ops.where(ops.compare("less", bounded, scalar(max)), dx, scalar(0));
    }
    return [dx];
  },
};
