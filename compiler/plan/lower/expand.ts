/** @file Lowers `expand`: a copy of a view that repeats along dimensions of step 0. */

import { broadcastView } from "../view.ts";
import type { Lowering } from "./lowering.ts";
import { callCopy, rejectsElements } from "./rows.ts";

export const expand: Lowering<"expand"> = {
  kind: "expand",
  rejects: rejectsElements,
  lower(_node, step) {
    callCopy(step, broadcastView(step.view(0), step.result.shape), step.result);
  },
};
