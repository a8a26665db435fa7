/**
 * @file y = round x, straight through: dx = dy.
 *
 * The true derivative is 0 almost everywhere; this is the estimator that makes
 * training through a quantiser possible.
 */

import type { GradientRule } from "../rule.ts";

export const round: GradientRule<"round"> = {
  kind: "round",
  gradient: ({ dy }) => [dy],
};
