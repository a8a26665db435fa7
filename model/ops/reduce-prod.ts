/** @file Product along axes. */

import { reductionOp } from "./reduction.ts";

export const reduceProd = reductionOp("reduce-prod", "product along axes", {
  empty: 1,
  start: 1,
  step: (acc, value) => acc * value,
});
