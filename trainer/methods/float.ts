/** @file Float weights: the forward weight is the weight. */

import type { WeightMethod } from "./method.ts";

export const float: WeightMethod = {
  name: "float",
  summary: "float weights, float activations",
  weights: "f32",
  schedules: [],
  forward: (_, weight) => ({ value: weight }),
};
