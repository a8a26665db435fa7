/** @file The same elements under another shape. */

import { elementCount } from "../../core/shape.ts";
import { reshaped } from "../../core/tensor.ts";
import { demand, demandDims, keptMeaning, operandTypes } from "./checks.ts";
import type { Op } from "./op.ts";

export const reshape: Op<"reshape"> = {
  kind: "reshape",
  summary: "the same elements under another shape",

  infer(inputs, { shape }) {
    const [x] = operandTypes("reshape", inputs, 1);
    demandDims("reshape", "a shape", shape);
    demand(
      elementCount(shape) === elementCount(x!.shape),
      "reshape",
      `[${x!.shape}] has ${elementCount(x!.shape)} elements, but [${shape}] has ${elementCount(shape)}`,
    );
    return { ...keptMeaning("reshape", "x", x!), shape };
  },

  evaluate({ inputs, type }) {
    return reshaped(inputs[0]!, type.shape);
  },
};
