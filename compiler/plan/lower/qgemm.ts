/** @file Lowers `qgemm`: 8-bit activations [M, K] times constant weights [N, K]. */

import type { Lowering } from "./lowering.ts";
import { matrixCall, matrixWindows, productCandidates } from "./product.ts";
import { elementOf, integerEpilogue, weightFacts } from "./weights.ts";

export const qgemm: Lowering<"qgemm"> = {
  kind: "qgemm",

  rejects(_node, [x, weights]) {
    if (x!.type.dtype !== "i8") return `no kernel multiplies ${x!.type.dtype} matrices`;
    const element = elementOf(weights!);
    return element === "i8" || element === "tc2w"
      ? undefined
      : `no kernel takes ${weights!.type.dtype} weights`;
  },

  lower(node, step) {
    const weights = step.operands[1]!;
    const [x, y] = [step.view(0), step.result];
    const [m, n] = node.type.shape as [number, number];
    const macs = m * n * x.shape[1]!;
    step.choose(
      productCandidates(step, {
        activation: "qs8",
        element: elementOf(weights)!,
        windows: matrixWindows(x, y),
        n,
        epilogue: integerEpilogue(step.tensor(2)!, node.attrs.epilogue),
        report: bytes => step.report(weightFacts(weights, bytes, macs)),
        groups: [
          {
            weights: step.tensor(1)!.data as ArrayLike<number>,
            calls: [matrixCall(x, y)],
          },
        ],
      }),
    );
  },
};
