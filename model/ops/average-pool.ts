/** @file The mean of each window in f32: the sum in window order from 0, then one division. */

import { zeros } from "../../core/tensor.ts";
import { demandF32, operandTypes } from "./checks.ts";
import type { Op } from "./op.ts";
import { foldWindows, poolingOf } from "./pooling.ts";
import { shapeOfImage } from "./window.ts";

export const averagePool: Op<"average-pool"> = {
  kind: "average-pool",
  summary: "mean over windows; padding counts or does not",

  infer(inputs, attrs) {
    const [x] = operandTypes("average-pool", inputs, 1);
    demandF32("average-pool", "x", x!);
    const { output } = poolingOf("average-pool", x!, attrs);
    return { dtype: "f32", shape: shapeOfImage(output, attrs.layout) };
  },

  evaluate({ inputs, inputTypes, attrs, type }) {
    const pooling = poolingOf("average-pool", inputTypes[0]!, attrs);
    const result = zeros("f32", type.shape);
    const { kernel, countIncludePad } = attrs;
    const whole = kernel[0] * kernel[1];
    const x = inputs[0]!.data as Float32Array;
    const add = (acc: number, value: number): number => Math.fround(acc + value);
    foldWindows(pooling, attrs, x, 0, add, (sum, count, index) => {
      result.data[index] = sum / (countIncludePad ? whole : count);
    });
    return result;
  },
};
