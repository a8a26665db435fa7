/** @file Sum along axes. */

import { reductionOp } from "./reduction.ts";

export const reduceSum = reductionOp("reduce-sum", "sum along axes", {
  empty: 0,
  start: 0,
  step: (acc, value) => acc + value,
});
