/** @file Logical negation. */

import { demandDType, operandTypes } from "./checks.ts";
import type { Op } from "./op.ts";

export const not: Op<"not"> = {
  kind: "not",
  summary: "not x",

  infer(inputs) {
    const [x] = operandTypes("not", inputs, 1);
    demandDType("not", "x", x!, ["bool"]);
    return { dtype: "bool", shape: x!.shape };
  },

  evaluate({ inputs, type }) {
    const data = Uint8Array.from(inputs[0]!.data as Uint8Array, x => (x === 0 ? 1 : 0));
    return { dtype: "bool", shape: type.shape, data };
  },
};
