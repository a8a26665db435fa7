/** @file y = −x. */

import type { GradientRule } from "../rule.ts";

export const neg: GradientRule<"neg"> = {
  kind: "neg",
  gradient: ({ dy, ops }) => [ops.unary("neg", dy)],
};
