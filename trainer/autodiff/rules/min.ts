/** @file y = min(a, b): dy flows to the operand that was chosen; half to each where they tie. */

import type { GradientRule } from "../rule.ts";
import { selectOperand } from "../select-operand.ts";

export const min: GradientRule<"min"> = {
  kind: "min",
  gradient: request => selectOperand(request, "less"),
};
