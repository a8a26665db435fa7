/** @file Minimum along axes. */

import { reductionOp } from "./reduction.ts";

export const reduceMin = reductionOp("reduce-min", "minimum along axes", {
  empty: undefined,
  start: Infinity,
  step: Math.min,
});
