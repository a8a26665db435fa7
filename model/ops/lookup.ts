/** @file Any unary function of 8-bit values, as a table. */

import { dtypeRange } from "../../core/dtype.ts";
import { demand, demandDType, demandQuantization, operandTypes } from "./checks.ts";
import type { Op } from "./op.ts";

export const lookup: Op<"lookup"> = {
  kind: "lookup",
  summary: "table[x − the smallest value of x's type]",

  infer(inputs, { table, quantization }) {
    const [x] = operandTypes("lookup", inputs, 1);
    demandDType("lookup", "x", x!, ["i8", "u8"]);
    demand(
      table.dtype === "i8" && table.data.length === 256 && table.shape.length === 1,
      "lookup",
      `expected a table i8[256], got ${table.dtype}[${table.shape}]`,
    );
    const type = { dtype: "i8", shape: x!.shape, quantization } as const;
    demandQuantization("lookup", quantization, type);
    return type;
  },

  evaluate({ inputs, attrs, type }) {
    const { dtype, data } = inputs[0]!;
    const { min } = dtypeRange(dtype);
    const table = attrs.table.data;
    const result = Int8Array.from(data as Int8Array, x => table[x - min]!);
    return { dtype: "i8", shape: type.shape, data: result };
  },
};
