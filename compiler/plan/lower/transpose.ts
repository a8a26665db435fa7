/** @file Lowers `transpose`: a copy through a view whose dimensions are permuted. */

import { permuteView } from "../view.ts";
import type { Lowering } from "./lowering.ts";
import { callCopy, rejectsElements } from "./rows.ts";

export const transpose: Lowering<"transpose"> = {
  kind: "transpose",
  rejects: rejectsElements,
  lower({ attrs }, step) {
    callCopy(step, permuteView(step.view(0), attrs.permutation), step.result);
  },
};
