/** @file Batch normalisation with fixed statistics. */

import { zeros } from "../../core/tensor.ts";
import { channelOf } from "./along-axis.ts";
import {
  demand,
  demandAxis,
  demandF32,
  demandFinite,
  demandShape,
  operandTypes,
} from "./checks.ts";
import type { Op } from "./op.ts";

const f = Math.fround;
const PARAMETERS = ["scale", "bias", "mean", "variance"] as const;

/** y = x·k + b with k = scale / √(variance + epsilon), b = bias − mean·k; each step rounded. */
export const batchNormalization: Op<"batch-normalization"> = {
  kind: "batch-normalization",
  summary: "normalization by fixed mean and variance per channel",

  infer(inputs, { axis, epsilon }) {
    const [x, ...parameters] = operandTypes("batch-normalization", inputs, 5);
    demandF32("batch-normalization", "x", x!);
    demandAxis("batch-normalization", axis, x!.shape.length);
    for (const [i, type] of parameters.entries()) {
      demandF32("batch-normalization", PARAMETERS[i]!, type);
      demandShape("batch-normalization", PARAMETERS[i]!, type, [x!.shape[axis]!]);
    }
    demandFinite("batch-normalization", "epsilon", epsilon);
    demand(epsilon >= 0, "batch-normalization", `expected epsilon of at least 0, got ${epsilon}`);
    return { dtype: "f32", shape: x!.shape };
  },

  evaluate({ inputs, attrs, type }) {
    const [x, scale, bias, mean, variance] = inputs.map(input => input.data as Float32Array);
    const epsilon = f(attrs.epsilon);
    const factors = scale!.map((s, c) => f(s / f(Math.sqrt(f(variance![c]! + epsilon)))));
    const offsets = bias!.map((b, c) => f(b - f(mean![c]! * factors[c]!)));
    const channel = channelOf(type.shape, attrs.axis);
    const result = zeros("f32", type.shape);
    for (let i = 0; i < x!.length; i++) {
      const c = channel(i);
      result.data[i] = f(x![i]! * factors[c]!) + offsets[c]!;
    }
    return result;
  },
};
