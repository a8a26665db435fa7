/** @file Sign: −1, 0 or 1. */

import { unaryOp } from "./elementwise.ts";

export const sign = unaryOp("sign", "the sign of x", {
  float: Math.sign,
  integer: x => (x > 0n ? 1n : x < 0n ? -1n : 0n),
});
