/** @file Axes in another order: dy goes back by the inverse permutation. */

import type { GradientRule } from "../rule.ts";

export const transpose: GradientRule<"transpose"> = {
  kind: "transpose",
  gradient: ({ node, dy, ops }) => {
    const { permutation } = node.attrs;
    return [
      ops.transpose(
        dy,
        permutation.map((_, axis) => permutation.indexOf(axis)),
      ),
    ];
  },
};
