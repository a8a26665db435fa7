/** @file Quotient of two operands; integers truncate, and n / 0 is 0. */

import { binaryOp } from "./elementwise.ts";

export const div = binaryOp("div", "a / b", {
  float: (a, b) => a / b,
  integer: (a, b) => (b === 0n ? 0n : a / b),
});
