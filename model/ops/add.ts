/** @file Sum of two operands. */

import { binaryOp } from "./elementwise.ts";

export const add = binaryOp("add", "a + b", {
  float: (a, b) => a + b,
  integer: (a, b) => a + b,
});
