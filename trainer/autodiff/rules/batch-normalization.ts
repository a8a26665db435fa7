/**
 * @file y = (x − mean)·scale/√(variance + ε) + bias, all five operands free.
 *
 * Training-mode batch normalisation, where mean and variance come from x
 * itself, states its own, cheaper gradient: see `layers/batch-norm.ts`.
 */

import type { NodeId } from "../../../model/ir/graph.ts";
import { allAxes, scalar } from "../arithmetic.ts";
import type { GradientRule } from "../rule.ts";

export const batchNormalization: GradientRule<"batch-normalization"> = {
  kind: "batch-normalization",
  gradient: ({ node, dy, ops, needed }) => {
    const [x, scale, , mean, variance] = node.inputs as [NodeId, NodeId, NodeId, NodeId, NodeId];
    const { axis, epsilon } = node.attrs;
    const shape = ops.shapeOf(x);
    const others = allAxes(shape.length).filter(i => i !== axis);
    const column = shape.map((dim, i) => (i === axis ? dim : 1));
    const inverse = ops.unary("reciprocal", ops.unary("sqrt", ops.add(variance, scalar(epsilon))));
    const gain = ops.mul(scale, inverse);
    const sum = ops.sum(dy, others);
    const centred = ops.sub(x, ops.reshape(mean, column));
    const moment = ops.sum(ops.mul(dy, centred), others);
    const slope = ops.mul(moment, inverse);
    const dVariance = (): NodeId =>
      ops.mul(ops.mul(ops.mul(slope, scale), ops.mul(inverse, inverse)), scalar(-0.5));
    return [
      needed(0) ? ops.mul(dy, ops.reshape(gain, column)) : undefined,
      needed(1) ? slope : undefined,
      needed(2) ? sum : undefined,
      needed(3) ? ops.unary("neg", ops.mul(sum, gain)) : undefined,
      needed(4) ? dVariance() : undefined,
    ];
  },
};
