/** @file Lowers `reshape`: nothing if the operand lies in place, else a copy. */

import { isDense, reshapeView } from "../view.ts";
import type { Lowering } from "./lowering.ts";
import { callCopy, rejectsElements } from "./rows.ts";

export const reshape: Lowering<"reshape"> = {
  kind: "reshape",
  rejects: rejectsElements,

  operandViews: (_node, [x], result) => [
    isDense(result) ? reshapeView(result, x!.type.shape) : undefined,
  ],

  lower(node, step) {
    const source = step.view(0);
    const target = step.result;
    if (source.block === target.block && source.offset === target.offset) return;
    if (isDense(source)) callCopy(step, reshapeView(source, node.type.shape), target);
    else callCopy(step, source, reshapeView(target, source.shape));
  },
};
