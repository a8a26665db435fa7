/** @file Product of two operands. */

import { binaryOp } from "./elementwise.ts";

export const mul = binaryOp("mul", "a · b", {
  float: (a, b) => a * b,
  integer: (a, b) => a * b,
});
