/** @file The gradient that `reduce-max` and `reduce-min` share. */

import type { NodeId } from "../../model/ir/graph.ts";
import { keptShape } from "./reduction.ts";
import type { GradientRequest } from "./rule.ts";

/** dy to the elements that equal the result, divided by their number. */
export function attained({
  node,
  dy,
  ops,
}: GradientRequest<"reduce-max" | "reduce-min">): readonly NodeId[] {
  const x = node.inputs[0]!;
  const { axes } = node.attrs;
  const shape = keptShape(ops.shapeOf(x), axes);
  const hits = ops.indicator(ops.compare("equal", x, ops.reshape(node.id, shape)));
  const share = ops.div(ops.reshape(dy, shape), ops.sum(hits, axes, true));
  return [ops.mul(hits, share)];
}
