/** @file An input of the model. */

import { InternalError } from "../diagnostics/diagnostic.ts";
import { demandDims, operandTypes } from "./checks.ts";
import type { Op } from "./op.ts";

export const input: Op<"input"> = {
  kind: "input",
  summary: "a value given by the caller",

  infer(inputs, { dtype, shape }) {
    operandTypes("input", inputs, 0);
    demandDims("input", "a shape", shape);
    return { dtype, shape };
  },

  evaluate({ attrs }) {
    throw new InternalError(`input "${attrs.name}" has no value of its own`);
  },
};
