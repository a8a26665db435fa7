/** @file Lowers `qgemm`: 8-bit activations [M, K] times constant weights [N, K]. */

import type { Lowering } from "./lowering.ts";
import { rejectsMean, withMeanTerm } from "./mean-term.ts";
import { matrixCall, matrixWindows, type Product, productCandidates } from "./product.ts";
import { elementOf, integerEpilogue, weightFacts } from "./weights.ts";

/** A row of the matrix is a pixel, its depth the channels. */
const ONE_PIXEL = { kernel: [1, 1], strides: [1, 1], dilations: [1, 1] } as const;

export const qgemm: Lowering<"qgemm"> = {
  kind: "qgemm",

  rejects(node, [x, weights]) {
    if (x!.type.dtype !== "i8") return `no kernel multiplies ${x!.type.dtype} matrices`;
    const element = elementOf(weights!);
    return element === "i8" || element === "tc2w"
      ? rejectsMean(node, weights!)
      : `no kernel takes ${weights!.type.dtype} weights`;
  },

  lower(node, step) {
    const weights = step.operands[1]!;
    const [x, y] = [step.view(0), step.result];
    const [m, n] = node.type.shape as [number, number];
    const macs = m * n * x.shape[1]!;
    const { epilogue, mean } = node.attrs;
    const product: Product = {
      activation: "qs8",
      element: elementOf(weights)!,
      windows: matrixWindows(x, y),
      n,
      epilogue: integerEpilogue(step.tensor(2)!, epilogue),
      report: bytes => step.report(weightFacts(weights, bytes, macs)),
      groups: [
        {
          weights: step.tensor(1)!.data as ArrayLike<number>,
          calls: [matrixCall(x, y)],
        },
      ],
    };
    const layer = mean && { mean, epilogue, windows: ONE_PIXEL };
    step.choose(productCandidates(step, layer ? withMeanTerm(step, product, layer) : product));
  },
};
