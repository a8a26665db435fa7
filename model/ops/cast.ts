/** @file Conversion between element types. */

import { dtypeBits, isBig, isFloat } from "../../core/dtype.ts";
import { zeros } from "../../core/tensor.ts";
import { demand, demandPlain, operandTypes } from "./checks.ts";
import type { Op } from "./op.ts";

/**
 * Floats truncate toward zero and then wrap as integers do; NaN and infinity
 * become 0. Anything but 0 is true.
 */
export const cast: Op<"cast"> = {
  kind: "cast",
  summary: "conversion to another element type",

  infer(inputs, { to }) {
    const [x] = operandTypes("cast", inputs, 1);
    demandPlain("cast", "x", x!);
    demand(dtypeBits(to) >= 8, "cast", `cannot convert to ${to}; use quantize`);
    return { dtype: to, shape: x!.shape };
  },

  evaluate({ inputs, type }) {
    const { data } = inputs[0]!;
    const result = zeros(type.dtype, type.shape);
    if (isBig(type.dtype)) {
      const out = result.data as BigInt64Array;
      for (let i = 0; i < out.length; i++) out[i] = toBig(data[i]!);
      return result;
    }
    const out = result.data as Float32Array;
    const convert = converter(type.dtype === "bool", isFloat(type.dtype));
    for (let i = 0; i < out.length; i++) out[i] = convert(data[i]!);
    return result;
  },
};

function toBig(value: number | bigint): bigint {
  if (typeof value === "bigint") return value;
  return Number.isFinite(value) ? BigInt(Math.trunc(value)) : 0n;
}

function converter(toBool: boolean, toFloat: boolean): (value: number | bigint) => number {
  if (toBool) return value => (Number(value) === 0 ? 0 : 1);
  if (toFloat) return Number;
  return value => Number(BigInt.asIntN(32, toBig(value)));
}
