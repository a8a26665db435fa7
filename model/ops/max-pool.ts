/** @file The largest value of each window; padding never wins. 8-bit values keep their quantisation. */

import { zeros } from "../../core/tensor.ts";
import { demandDType, keptMeaning, operandTypes } from "./checks.ts";
import type { Op } from "./op.ts";
import { foldWindows, poolingOf } from "./pooling.ts";
import { shapeOfImage } from "./window.ts";

export const maxPool: Op<"max-pool"> = {
  kind: "max-pool",
  summary: "maximum over windows",

  infer(inputs, attrs) {
    const [x] = operandTypes("max-pool", inputs, 1);
    demandDType("max-pool", "x", x!, ["f32", "i8", "u8"]);
    const { output } = poolingOf("max-pool", x!, attrs);
    return { ...keptMeaning("max-pool", "x", x!), shape: shapeOfImage(output, attrs.layout) };
  },

  evaluate({ inputs, inputTypes, attrs, type }) {
    const pooling = poolingOf("max-pool", inputTypes[0]!, attrs);
    const result = zeros(type.dtype, type.shape);
    const x = inputs[0]!.data as Float32Array;
    foldWindows(pooling, attrs, x, -Infinity, Math.max, (largest, _, index) => {
      result.data[index] = largest;
    });
    return result;
  },
};
