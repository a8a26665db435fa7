/** @file A cast between float types: dy is cast back. Integers and bools take no gradient. */

import { isFloat } from "../../../core/dtype.ts";
import type { GradientRule } from "../rule.ts";

export const cast: GradientRule<"cast"> = {
  kind: "cast",
  gradient: ({ node, dy, ops }) => {
    const { dtype } = ops.node(node.inputs[0]!).type;
    if (!isFloat(dtype)) return [undefined];
    return [dtype === node.attrs.to ? dy : ops.op("cast", [dy], { to: dtype })];
  },
};
