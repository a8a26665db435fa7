/** @file A constant. */

import { elementCount } from "../../core/shape.ts";
import { demand, demandDims, demandQuantization, operandTypes } from "./checks.ts";
import type { Op } from "./op.ts";

export const constant: Op<"const"> = {
  kind: "const",
  summary: "a tensor known at compile time",

  infer(inputs, { tensor, quantization }) {
    const { dtype, shape, data } = tensor;
    operandTypes("const", inputs, 0);
    demandDims("const", "a shape", shape);
    demand(
      data.length === elementCount(shape),
      "const",
      `${data.length} elements do not fill ${dtype}[${shape}]`,
    );
    if (quantization === undefined) return { dtype, shape };
    demandQuantization("const", quantization, { dtype, shape });
    return { dtype, shape, quantization };
  },

  evaluate({ attrs }) {
    return attrs.tensor;
  },
};
