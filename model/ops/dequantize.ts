/** @file From integers to reals: (q − zeroPoint) · scale, plus the mean if there are means. */

import { isBig } from "../../core/dtype.ts";
import { zeros } from "../../core/tensor.ts";
import { channelOf } from "./along-axis.ts";
import { demand, demandQuantization, operandTypes } from "./checks.ts";
import type { Op } from "./op.ts";

/** Difference, product and sum are rounded to f32; differences of up to 24 bits are exact. */
export const dequantize: Op<"dequantize"> = {
  kind: "dequantize",
  summary: "quantized integers to f32",

  infer(inputs, attrs) {
    const [x] = operandTypes("dequantize", inputs, 1);
    const { dtype, shape } = x!;
    const quantization = attrs.quantization ?? x!.quantization;
    demand(quantization !== undefined, "dequantize", `x of type ${dtype} has no quantization`);
    demand(!isBig(dtype), "dequantize", `cannot dequantize ${dtype}`);
    demandQuantization("dequantize", quantization, x!);
    return { dtype: "f32", shape };
  },

  evaluate({ inputs, inputTypes, attrs, type }) {
    const { scales, zeroPoints, axis, means } = (attrs.quantization ??
      inputTypes[0]!.quantization)!;
    const x = inputs[0]!.data as Int8Array;
    const channel = channelOf(type.shape, axis);
    const rounded = Float32Array.from(scales);
    const result = zeros("f32", type.shape);
    for (let i = 0; i < x.length; i++) {
      const c = channel(i);
      result.data[i] = Math.fround(x[i]! - zeroPoints[c]!) * rounded[c]!;
      if (means !== undefined) result.data[i]! += Math.fround(means[c]!);
    }
    return result;
  },
};
