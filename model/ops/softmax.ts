/** @file Softmax along an axis: exp(x − max), summed in order from 0, each divided by the sum. */

import { exp32 } from "../../core/float32.ts";
import { zeros } from "../../core/tensor.ts";
import { runsAlong } from "./along-axis.ts";
import { demandAxis, demandF32, operandTypes } from "./checks.ts";
import type { Op } from "./op.ts";

const f = Math.fround;

export const softmax: Op<"softmax"> = {
  kind: "softmax",
  summary: "e^x over the sum of all e^x along an axis",

  infer(inputs, { axis }) {
    const [x] = operandTypes("softmax", inputs, 1);
    demandF32("softmax", "x", x!);
    demandAxis("softmax", axis, x!.shape.length);
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
      for (let i = start; i < end; i += step) {
        result.data[i] = exp32(f(x[i]! - largest));
        sum = f(sum + result.data[i]!);
      }
      for (let i = start; i < end; i += step) result.data[i]! /= sum;
    }
    return result;
  },
};
