/** @file Index of the largest element along an axis; the first of equals. */

import { zeros } from "../../core/tensor.ts";
import { runsAlong } from "./along-axis.ts";
import { demand, demandAxis, demandDType, NUMBERS, operandTypes } from "./checks.ts";
import type { Op } from "./op.ts";
import { reducedShape } from "./reduction.ts";

/** Scales are positive, so quantised values compare as the reals that they stand for. */
export const argMax: Op<"arg-max"> = {
  kind: "arg-max",
  summary: "index of the largest element along an axis",

  infer(inputs, { axis, keepDims }) {
    const [x] = operandTypes("arg-max", inputs, 1);
    demandDType("arg-max", "x", x!, NUMBERS);
    demandAxis("arg-max", axis, x!.shape.length);
    demand(x!.shape[axis]! > 0, "arg-max", `axis ${axis} of [${x!.shape}] is empty`);
    demand(
      x!.quantization?.axis !== axis,
      "arg-max",
      `elements along axis ${axis} have different scales; dequantize x first`,
    );
    return { dtype: "i64", shape: reducedShape(x!.shape, [axis], keepDims) };
  },

  evaluate({ inputs, attrs, type }) {
    const { data, shape } = inputs[0]!;
    const result = zeros("i64", type.shape);
    const { starts, length, step } = runsAlong(shape, attrs.axis);
    for (const [i, start] of starts.entries()) {
      let best = 0;
      for (let k = 1; k < length; k++) {
        if (data[start + k * step]! > data[start + best * step]!) best = k;
      }
      result.data[i] = BigInt(best);
    }
    return result;
  },
};
