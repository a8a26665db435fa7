/** @file Costs under which threads wait for each other wherever there is anything to divide. */

import { kernels } from "./compile-and-compare.ts";

export const FREE_BARRIERS = {
  ...kernels.costs["v8-13"],
  kernels: { ...kernels.costs["v8-13"].kernels, barrier: { call: 0 } },
};
