/** @file Difference of two operands. */

import { binaryOp } from "./elementwise.ts";

export const sub = binaryOp("sub", "a − b", {
  float: (a, b) => a - b,
  integer: (a, b) => a - b,
});
