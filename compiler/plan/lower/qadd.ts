/** @file Lowers `qadd`: two 8-bit values of one shape, each rescaled to the result's scale. */

import type { AddRequantization } from "../../../core/requantize.ts";
import type { Lowering } from "./lowering.ts";
import { callRows, rejectsElements } from "./rows.ts";

export const qadd: Lowering<"qadd"> = {
  kind: "qadd",
  rejects: rejectsElements,
  operandViews: (_node, _operands, result) => [result, result],
  lower({ attrs }, step) {
    const params = step.constant("parameters", packAddParams(attrs), "addition");
    callRows(step, "qs8_vadd", [step.view(0), step.view(1)], [params]);
  },
};

/** `i32 fractionBits, ma, mb, za, zb, zeroPoint, min, max`. */
function packAddParams(r: AddRequantization): Uint8Array {
  const { fractionBits, multipliers, zeroPoints, zeroPoint, min, max } = r;
  const fields = Int32Array.of(fractionBits, ...multipliers, ...zeroPoints, zeroPoint, min, max);
  return new Uint8Array(fields.buffer);
}
