/** @file Matrix product of 8-bit activations with 8-bit or ternary weights, in 32-bit integers. */

import { demand, demandRank, operandTypes } from "./checks.ts";
import { finishI32 } from "./epilogue.ts";
import { multiplyI32 } from "./matrix.ts";
import type { Op } from "./op.ts";
import {
  demandActivations,
  demandEpilogue,
  demandIntegerOperands,
  demandMean,
  epilogueType,
  verifyAccumulators,
  verifyTrits,
} from "./weights.ts";
import { addMeansI32, rowSumsI32 } from "./window-sums.ts";

export const qgemm: Op<"qgemm"> = {
  kind: "qgemm",
  summary: "integer product of activations [M, K] with weights [N, K]",

  infer(inputs, { epilogue, mean }) {
    const [x] = operandTypes("qgemm", inputs, 3);
    const [, weights, bias] = inputs;
    demandActivations("qgemm", "x", x!);
    demandRank("qgemm", "x", x!, 2);
    demandRank("qgemm", "weights", weights!.type, 2);
    const [rows, depth] = x!.shape as [number, number];
    const [columns, depthW] = weights!.type.shape as [number, number];
    demand(depth === depthW, "qgemm", `x has ${depth} columns, but the weights have ${depthW}`);
    demandIntegerOperands("qgemm", weights!, bias!, columns);
    demandEpilogue("qgemm", epilogue, columns);
    demandMean("qgemm", mean, columns);
    return epilogueType(epilogue, [rows, columns]);
  },

  verify([, weights, bias], { mean }) {
    verifyTrits("qgemm", weights!);
    verifyAccumulators("qgemm", weights!, bias!, mean);
  },

  evaluate({ inputs, attrs, type }) {
    const [x, weights, bias] = inputs;
    const [rows, depth] = x!.shape as [number, number];
    const columns = weights!.shape[0]!;
    const sums = multiplyI32(
      x!.data as Int8Array,
      weights!.data as Int8Array,
      bias!.data as Int32Array,
      rows,
      columns,
      depth,
    );
    if (attrs.mean !== undefined) {
      addMeansI32(sums, columns, rowSumsI32(x!.data as Int8Array, rows, depth), attrs.mean);
    }
    const data = finishI32(sums, columns, attrs.epilogue);
    const { dtype, shape } = type as { dtype: "i8" | "f32"; shape: readonly number[] };
    return { dtype, shape, data };
  },
};
