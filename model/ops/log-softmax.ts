/** @file Logarithm of softmax: (x − max) − ln Σ exp(x − max). No kernel computes it. */

import { exp32 } from "../../core/float32.ts";
import { zeros } from "../../core/tensor.ts";
import { runsAlong } from "./along-axis.ts";
import { demandAxis, demandF32, operandTypes } from "./checks.ts";
import type { Op } from "./op.ts";

const f = Math.fround;

export const logSoftmax: Op<"log-softmax"> = {
  kind: "log-softmax",
  summary: "logarithm of softmax along an axis",

  infer(inputs, { axis }) {
    const [x] = operandTypes("log-softmax", inputs, 1);
    demandF32("log-softmax", "x", x!);
    demandAxis("log-softmax", axis, x!.shape.length);
    return { dtype: "f32", shape: x!.shape };
  },

  evaluate({ inputs, attrs, type }) {
    const x = inputs[0]!.data as Float32Array;
    const result = zeros("f32", type.shape);
    const { starts, length, step } = runsAlong(type.shape, attrs.axis);
    for (const start of starts) {
      const end = start + length * step;
      let largest = -Infinity;
      for (let i = start; i < end; i += step) largest = Math.max(largest, x[i]!);
      let sum = 0;
      for (let i = start; i < end; i += step) sum = f(sum + exp32(f(x[i]! - largest)));
      const logarithm = f(Math.log(sum));
      for (let i = start; i < end; i += step) result.data[i] = f(x[i]! - largest) - logarithm;
    }
    return result;
  },
};
