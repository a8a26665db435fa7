/** @file y = x − ln Σ e^x: dx = dy − e^y · Σ dy. */

import type { GradientRule } from "../rule.ts";

export const logSoftmax: GradientRule<"log-softmax"> = {
  kind: "log-softmax",
  gradient: ({ node, dy, ops }) => {
    const sum = ops.sum(dy, [node.attrs.axis], true);
    return [ops.sub(dy, ops.mul(ops.unary("exp", node.id), sum))];
  },
};
