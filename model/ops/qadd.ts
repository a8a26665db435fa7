/** @file Sum of two 8-bit activations of one shape, rescaled to a common output. */

import { addRequantized } from "../../core/requantize.ts";
import { demand, demandInt8Output, demandShape, operandTypes } from "./checks.ts";
import type { Op } from "./op.ts";
import { demandActivations, demandMultipliers } from "./weights.ts";

export const qadd: Op<"qadd"> = {
  kind: "qadd",
  summary: "integer addition with rescaling",

  infer(inputs, attrs) {
    const types = operandTypes("qadd", inputs, 2);
    const { shape } = types[0]!;
    for (const [i, what] of (["a", "b"] as const).entries()) {
      const type = types[i]!;
      demandActivations("qadd", what, type);
      demandShape("qadd", what, type, shape);
      const zeroPoint = type.quantization!.zeroPoints[0]!;
      const own = attrs.zeroPoints[i]!;
      demand(own === zeroPoint, "qadd", `${what} has zero point ${zeroPoint}, but ${own} is given`);
    }
    const { fractionBits, multipliers, scale, zeroPoint } = attrs;
    demandMultipliers("qadd", multipliers);
    demand(
      Number.isInteger(fractionBits) && fractionBits >= 1 && fractionBits <= 6,
      "qadd",
      `expected fraction bits in 1…6, got ${fractionBits}`,
    );
    demandInt8Output("qadd", attrs);
    return { dtype: "i8", shape, quantization: { scales: [scale], zeroPoints: [zeroPoint] } };
  },

  evaluate({ inputs, attrs, type }) {
    const [a, b] = inputs.map(input => input.data as Int8Array);
    const data = Int8Array.from(a!, (value, i) => addRequantized(value, b![i]!, attrs));
    return { dtype: "i8", shape: type.shape, data };
  },
};
