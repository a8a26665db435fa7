/** @file y = softmax(x): dx = y·(dy − Σ dy·y). */

import type { GradientRule } from "../rule.ts";

export const softmax: GradientRule<"softmax"> = {
  kind: "softmax",
  gradient: ({ node, dy, ops }) => {
    const inner = ops.sum(ops.mul(dy, node.id), [node.attrs.axis], true);
    return [ops.mul(node.id, ops.sub(dy, inner))];
  },
};
