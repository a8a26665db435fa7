/** @file Padding with a constant: dy without its border. */

import { InternalError } from "../../../model/diagnostics/diagnostic.ts";
import type { GradientRule } from "../rule.ts";

export const pad: GradientRule<"pad"> = {
  kind: "pad",
  gradient: ({ node, dy, ops }) => {
    if (node.attrs.mode !== "constant") {
      throw new InternalError(`differentiate: no gradient for padding by "${node.attrs.mode}"`);
    }
    return [ops.slice(dy, node.attrs.before, ops.shapeOf(node.inputs[0]!))];
  },
};
