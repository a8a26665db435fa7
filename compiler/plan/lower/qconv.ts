/**
 * @file Lowers `qconv`: 8-bit activations, 8-bit or ternary weights. On
 * channel-last images a kernel runs, with 32-bit sums; channel-first images
 * are channel planes, on which code runs that is written for the weights.
 */

import { NO_HALO } from "../view.ts";
import { planesOfConv } from "./code-convolution.ts";
import { convCandidates, haloOfPads, productOf, rejectsConv } from "./convolution.ts";
import { type Lowering, NO_PLANES } from "./lowering.ts";
import { rejectsMean, withMeanTerm } from "./mean-term.ts";
import { lowerOnPlanes, rejectsMethods } from "./plane-methods.ts";
import { productCandidates } from "./product.ts";
import { integerEpilogue } from "./weights.ts";

export const qconv: Lowering<"qconv"> = {
  kind: "qconv",
  rejects(node, operands, graph) {
    if (node.attrs.layout === "nchw") return rejectsMethods(node, operands, graph);
    if (node.attrs.add !== undefined) return "kernels add nothing to their results";
    return rejectsConv(node, operands, "i8") ?? rejectsMean(node, operands[1]!);
  },
  halo: node => (node.attrs.layout === "nchw" ? NO_HALO : haloOfPads(node.attrs)),
  planes: node => (node.attrs.layout === "nchw" ? planesOfConv(node) : NO_PLANES),

  lower(node, step) {
    if (node.attrs.layout === "nchw") {
      lowerOnPlanes(node, step);
      return;
    }
    const { epilogue: ending, mean } = node.attrs;
    const epilogue = integerEpilogue(step.tensor(2)!, ending);
    const kind = { activation: "qs8", epilogue } as const;
    if (mean !== undefined) {
      const layer = { mean, epilogue: ending, windows: node.attrs };
      step.choose(productCandidates(step, withMeanTerm(step, productOf(node, step, kind), layer)));
      return;
    }
    const depthwise = { family: "qs8_qc8w_dwconv_requant", element: "i8" } as const;
    const requantizes = ending.kind === "requantize";
    step.choose(convCandidates(node, step, requantizes ? { ...kind, depthwise } : kind));
  },
};
