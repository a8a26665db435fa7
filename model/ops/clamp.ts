/** @file Limits values to an interval; 8-bit values keep their quantisation. */

import { isBig, isFloat } from "../../core/dtype.ts";
import { clampTo } from "../../core/interval.ts";
import { type Tensor, zeros } from "../../core/tensor.ts";
import { demand, demandBounds, demandDType, keptMeaning, NUMBERS, operandTypes } from "./checks.ts";
import { mapFloats } from "./elementwise.ts";
import { roundedBounds } from "./epilogue.ts";
import type { Op } from "./op.ts";

/** Bounds are elements: integers for an integer type, not the reals that they stand for. */
export const clamp: Op<"clamp"> = {
  kind: "clamp",
  summary: "min(max(x, lower), upper)",

  infer(inputs, attrs) {
    const [x] = operandTypes("clamp", inputs, 1);
    demandDType("clamp", "x", x!, NUMBERS);
    demandBounds("clamp", attrs);
    demand(
      isFloat(x!.dtype) ||
        [attrs.min, attrs.max].every(b => Number.isInteger(b) || !Number.isFinite(b)),
      "clamp",
      `expected integer bounds for ${x!.dtype}, got [${attrs.min}, ${attrs.max}]`,
    );
    return { ...keptMeaning("clamp", "x", x!), shape: x!.shape };
  },

  evaluate({ inputs, attrs, type }) {
    const x = inputs[0]!;
    if (isFloat(x.dtype)) {
      const bounds = x.dtype === "f32" ? roundedBounds(attrs) : attrs;
      return mapFloats(x as Tensor<"f32">, x.dtype as "f32", value => clampTo(value, bounds));
    }
    const result = zeros(type.dtype, type.shape);
    if (isBig(type.dtype)) clampBig(x.data as BigInt64Array, result.data as BigInt64Array, attrs);
    else {
      const out = result.data as Int8Array;
      for (let i = 0; i < out.length; i++) out[i] = clampTo(Number(x.data[i]), attrs);
    }
    return result;
  },
};

function clampBig(
  x: BigInt64Array,
  out: BigInt64Array,
  bounds: { min: number; max: number },
): void {
  for (let i = 0; i < out.length; i++) {
    const value = x[i]!;
    const inside = value >= bounds.min && value <= bounds.max;
    out[i] = inside ? value : BigInt(clampTo(Number(value), bounds));
  }
}
