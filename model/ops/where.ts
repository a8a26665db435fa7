/** @file Picks elements of one operand or the other by a condition. */

import { zeros } from "../../core/tensor.ts";
import { broadcastOffsets } from "./broadcast.ts";
import { demand, demandDType, demandPlain, operandTypes } from "./checks.ts";
import { broadcast } from "./elementwise.ts";
import type { Op } from "./op.ts";

export const where: Op<"where"> = {
  kind: "where",
  summary: "a where the condition holds, else b",

  infer(inputs) {
    const [condition, a, b] = operandTypes("where", inputs, 3);
    demandDType("where", "a condition", condition!, ["bool"]);
    demandPlain("where", "a", a!);
    demandPlain("where", "b", b!);
    const dtype = a!.dtype;
    demand(dtype === b!.dtype, "where", `expected one type, got ${dtype} and ${b!.dtype}`);
    const shape = broadcast("where", a!, b!);
    return { dtype, shape: broadcast("where", condition!, { dtype, shape }) };
  },

  evaluate({ inputs, type }) {
    const [condition, a, b] = inputs.map(input => input.data as Float32Array);
    const [fromC, fromA, fromB] = inputs.map(input => broadcastOffsets(input.shape, type.shape));
    const result = zeros(type.dtype, type.shape);
    // All arrays of one type: elements move as they are, numbers or bigints.
    const out = result.data as Float32Array;
    for (let i = 0; i < out.length; i++) {
      out[i] = condition![fromC![i]!] ? a![fromA![i]!]! : b![fromB![i]!]!;
    }
    return result;
  },
};
