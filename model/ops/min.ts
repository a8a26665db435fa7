/** @file The smaller of two operands; NaN if one is. */

import { binaryOp } from "./elementwise.ts";

export const min = binaryOp("min", "the smaller of a and b", {
  float: Math.min,
  // biome-ignore lint/complexity/useMathMinMax: Math.min takes no bigints
  integer: (a, b) => (a < b ? a : b),
});
