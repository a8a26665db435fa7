/** @file Lowers `concat`: operands that are not computed in their slice are copied there. */

import type { Node } from "../../../model/ir/graph.ts";
import { sliceView, type View } from "../view.ts";
import type { Lowering } from "./lowering.ts";
import { callCopy, rejectsElements } from "./rows.ts";

export const concat: Lowering<"concat"> = {
  kind: "concat",
  rejects: rejectsElements,
  operandViews: (node, operands, result) => slicesOf(node, operands, result),

  lower(node, step) {
    for (const [index, target] of slicesOf(node, step.operands, step.result).entries()) {
      const source = step.view(index);
      const inPlace = source.block === target.block && source.offset === target.offset;
      if (!inPlace) callCopy(step, source, target);
    }
  },
};

/** The part of the result that each operand fills. */
function slicesOf(
  { attrs }: Node<"concat">,
  operands: readonly Node[],
  result: View,
): readonly View[] {
  let start = 0;
  return operands.map(({ type }) => {
    const size = type.shape[attrs.axis]!;
    start += size;
    return sliceView(result, attrs.axis, start - size, size);
  });
}
