/** @file One-hot vectors along a new axis; an index outside the depth gives zeros. */

import { zeros } from "../../core/tensor.ts";
import { runsAlong } from "./along-axis.ts";
import { demand, demandAxis, demandDType, demandPlain, INTEGERS, operandTypes } from "./checks.ts";
import type { Op } from "./op.ts";

/** Negative indices count from the end. */
export const oneHot: Op<"one-hot"> = {
  kind: "one-hot",
  summary: "1 at the index and 0 elsewhere along a new axis",

  infer(inputs, { axis, depth }) {
    const [x] = operandTypes("one-hot", inputs, 1);
    demandDType("one-hot", "indices", x!, INTEGERS);
    demandPlain("one-hot", "indices", x!);
    demandAxis("one-hot", axis, x!.shape.length + 1);
    demand(
      Number.isSafeInteger(depth) && depth >= 1,
      "one-hot",
      `expected a depth of at least 1, got ${depth}`,
    );
    return { dtype: "f32", shape: x!.shape.toSpliced(axis, 0, depth) };
  },

  evaluate({ inputs, attrs, type }) {
    const indices = inputs[0]!.data;
    const result = zeros("f32", type.shape);
    const { starts, step } = runsAlong(type.shape, attrs.axis);
    for (const [i, start] of starts.entries()) {
      const index = Number(indices[i]);
      const at = index < 0 ? index + attrs.depth : index;
      if (at >= 0 && at < attrs.depth) result.data[start + at * step] = 1;
    }
    return result;
  },
};
