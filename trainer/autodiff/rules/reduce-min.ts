/** @file y = min of x: dy goes to the elements that attain it, in equal shares. */

import { attained } from "../attained.ts";
import type { GradientRule } from "../rule.ts";

export const reduceMin: GradientRule<"reduce-min"> = {
  kind: "reduce-min",
  gradient: attained,
};
