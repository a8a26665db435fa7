/** @file Mean along axes: the sum in order, then one division. */

import { FLOATS } from "./checks.ts";
import { reductionOp } from "./reduction.ts";

export const reduceMean = reductionOp("reduce-mean", "mean along axes", {
  empty: undefined,
  start: 0,
  step: (acc, value) => acc + value,
  finish: (sum, count) => sum / count,
  dtypes: FLOATS,
});
