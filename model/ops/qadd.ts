/** @file Sum of two 8-bit activations of one shape, rescaled to a common output. */

import { addInt8, additionType } from "./addition.ts";
import { operandTypes } from "./checks.ts";
import type { Op } from "./op.ts";

export const qadd: Op<"qadd"> = {
  kind: "qadd",
  summary: "integer addition with rescaling",

  infer(inputs, attrs) {
    const [a, b] = operandTypes("qadd", inputs, 2);
    return additionType(
      "qadd",
      [
        ["a", a!],
        ["b", b!],
      ],
      attrs,
    );
  },

  evaluate({ inputs, attrs, type }) {
    const [a, b] = inputs.map(input => input.data as Int8Array);
    return { dtype: "i8", shape: type.shape, data: addInt8(a!, b!, attrs) };
  },
};
