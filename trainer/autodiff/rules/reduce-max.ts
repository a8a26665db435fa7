/** @file y = max of x: dy goes to the elements that attain it, in equal shares. */

import { attained } from "../attained.ts";
import type { GradientRule } from "../rule.ts";

export const reduceMax: GradientRule<"reduce-max"> = {
  kind: "reduce-max",
  gradient: attained,
};
