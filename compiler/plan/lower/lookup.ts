/** @file Lowers `lookup`: a table of 256 bytes, indexed by x plus what makes it non-negative. */

import { dtypeRange } from "../../../core/dtype.ts";
import { bytesOf } from "../../../core/tensor.ts";
import { unaryRows } from "./rows.ts";

export const lookup = unaryRows(
  "lookup",
  (_node, x) => (x.type.dtype === "i8" || x.type.dtype === "u8" ? "x8_vlookup" : undefined),
  ({ attrs }, step) => [
    step.constant("table", bytesOf(attrs.table), "table"),
    -dtypeRange(step.operands[0]!.type.dtype).min,
  ],
);
