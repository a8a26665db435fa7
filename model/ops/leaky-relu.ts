/** @file Rectifier with a slope below zero. */

import { demandFinite } from "./checks.ts";
import { unaryF32Op } from "./elementwise.ts";

export const leakyRelu = unaryF32Op(
  "leaky-relu",
  "x, or alpha · x where x < 0",
  (x, { alpha }) => (x < 0 ? Math.fround(alpha) * x : x),
  ({ alpha }) => demandFinite("leaky-relu", "alpha", alpha),
);
