/** @file Maximum along axes. */

import { reductionOp } from "./reduction.ts";

export const reduceMax = reductionOp("reduce-max", "maximum along axes", {
  empty: undefined,
  start: -Infinity,
  step: Math.max,
});
