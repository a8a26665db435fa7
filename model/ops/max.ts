/** @file The larger of two operands; NaN if one is. */

import { binaryOp } from "./elementwise.ts";

export const max = binaryOp("max", "the larger of a and b", {
  float: Math.max,
  // biome-ignore lint/complexity/useMathMinMax: Math.max takes no bigints
  integer: (a, b) => (a > b ? a : b),
});
