/** @file Piecewise linear sigmoid. */

import { hardSigmoid32 } from "../../core/float32.ts";
import { demandFinite } from "./checks.ts";
import { unaryF32Op } from "./elementwise.ts";

export const hardSigmoid = unaryF32Op(
  "hard-sigmoid",
  "clamp(alpha · x + beta, 0, 1)",
  (x, { alpha, beta }) => hardSigmoid32(x, alpha, beta),
  ({ alpha, beta }) => {
    demandFinite("hard-sigmoid", "alpha", alpha);
    demandFinite("hard-sigmoid", "beta", beta);
  },
);
