/** @file y = max(a, b): dy flows to the operand that was chosen; half to each where they tie. */

import type { GradientRule } from "../rule.ts";
import { selectOperand } from "../select-operand.ts";

export const max: GradientRule<"max"> = {
  kind: "max",
  gradient: request => selectOperand(request, "greater"),
};
