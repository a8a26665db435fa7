/** @file Lowers `qconv`: 8-bit activations, 8-bit or ternary weights, 32-bit sums. */

import { convCandidates, haloOfPads, rejectsConv } from "./convolution.ts";
import type { Lowering } from "./lowering.ts";
import { integerEpilogue } from "./weights.ts";

export const qconv: Lowering<"qconv"> = {
  kind: "qconv",
  rejects: (node, operands) => rejectsConv(node, operands, "i8"),
  halo: node => haloOfPads(node.attrs),

  lower(node, step) {
    const epilogue = integerEpilogue(step.tensor(2)!, node.attrs.epilogue);
    const kind = { activation: "qs8", epilogue } as const;
    const depthwise = { family: "qs8_qc8w_dwconv_requant", element: "i8" } as const;
    const requantizes = node.attrs.epilogue.kind === "requantize";
    step.choose(convCandidates(node, step, requantizes ? { ...kind, depthwise } : kind));
  },
};
