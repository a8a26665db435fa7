/** @file From reals to integers: clamp(roundHalfEven(x / scale) + zeroPoint). */

import { dtypeRange } from "../../core/dtype.ts";
import { quantize32 } from "../../core/float32.ts";
import { zeros } from "../../core/tensor.ts";
import { channelOf } from "./along-axis.ts";
import { demand, demandF32, demandQuantization, operandTypes } from "./checks.ts";
import type { Op } from "./op.ts";

const TARGETS = ["i8", "u8", "i16", "u16", "i4", "u4", "i2", "u2"];

export const quantize: Op<"quantize"> = {
  kind: "quantize",
  summary: "f32 to integers with scale and zero point",

  infer(inputs, { dtype, scales, zeroPoints, axis }) {
    const [x] = operandTypes("quantize", inputs, 1);
    demandF32("quantize", "x", x!);
    demand(TARGETS.includes(dtype), "quantize", `cannot quantize to ${dtype}`);
    demand(
      scales.every(scale => Math.fround(scale) > 0),
      "quantize",
      `expected scales above 0, got ${scales.find(scale => !(Math.fround(scale) > 0))}`,
    );
    const quantization = { scales, zeroPoints, ...(axis === undefined ? {} : { axis }) };
    const type = { dtype, shape: x!.shape, quantization };
    demandQuantization("quantize", quantization, type);
    return type;
  },

  evaluate({ inputs, attrs, type }) {
    const { scales, zeroPoints, axis, dtype } = attrs;
    const x = inputs[0]!.data as Float32Array;
    const { min, max } = dtypeRange(dtype);
    const channel = channelOf(type.shape, axis);
    const result = zeros(dtype, type.shape);
    const out = result.data as Int8Array;
    for (let i = 0; i < out.length; i++) {
      const c = channel(i);
      out[i] = quantize32(x[i]!, scales[c]!, zeroPoints[c]!, min, max);
    }
    return result;
  },
};
