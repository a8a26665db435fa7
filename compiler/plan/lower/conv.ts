/** @file Lowers `conv` of f32 activations with f32, 8-bit or ternary weights. */

import { convCandidates, haloOfPads, rejectsConv } from "./convolution.ts";
import type { Lowering } from "./lowering.ts";
import { elementOf, floatEpilogue } from "./weights.ts";

export const conv: Lowering<"conv"> = {
  kind: "conv",
  rejects: (node, operands) => rejectsConv(node, operands, "f32"),
  halo: node => haloOfPads(node.attrs),

  lower(node, step) {
    const weights = step.operands[1]!;
    const epilogue = floatEpilogue(weights, step.tensor(2), node.attrs.clamp);
    const depthwise = { family: "f32_f32_dwconv_minmax", element: "f32" } as const;
    const kind = { activation: "f32", epilogue } as const;
    const isF32 = elementOf(weights) === "f32";
    step.choose(convCandidates(node, step, isF32 ? { ...kind, depthwise } : kind));
  },
};
