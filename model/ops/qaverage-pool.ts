/** @file The mean of each window of 8-bit values; the requantisation divides by the count. */

import { requantize } from "../../core/requantize.ts";
import { zeros } from "../../core/tensor.ts";
import { demand, operandTypes } from "./checks.ts";
import type { Op } from "./op.ts";
import { foldWindows, poolingOf } from "./pooling.ts";
import { demandActivations, demandRequantization } from "./weights.ts";
import { shapeOfImage } from "./window.ts";

export const qaveragePool: Op<"qaverage-pool"> = {
  kind: "qaverage-pool",
  summary: "integer mean over windows without padding",

  infer(inputs, attrs) {
    const [x] = operandTypes("qaverage-pool", inputs, 1);
    demandActivations("qaverage-pool", "x", x!);
    const { output } = poolingOf("qaverage-pool", x!, attrs);
    const { scale, requantization, pads, layout } = attrs;
    demand(
      pads.every(pad => pad === 0),
      "qaverage-pool",
      `expected no pads, got [${pads}]`,
    );
    demandRequantization("qaverage-pool", { ...requantization, scale }, 1);
    return {
      dtype: "i8",
      shape: shapeOfImage(output, layout),
      quantization: { scales: [scale], zeroPoints: [requantization.zeroPoint] },
    };
  },

  evaluate({ inputs, inputTypes, attrs, type }) {
    const pooling = poolingOf("qaverage-pool", inputTypes[0]!, attrs);
    const zeroPoint = inputTypes[0]!.quantization!.zeroPoints[0]!;
    const result = zeros("i8", type.shape);
    const x = inputs[0]!.data as Int8Array;
    const add = (acc: number, value: number): number => acc + value - zeroPoint;
    foldWindows(pooling, attrs, x, 0, add, (sum, _, index) => {
      result.data[index] = requantize(sum, attrs.requantization, 0);
    });
    return result;
  },
};
