/** @file Lowers `slice`: a copy of a view with other starts and steps. */

import { sliceView } from "../view.ts";
import type { Lowering } from "./lowering.ts";
import { callCopy, rejectsElements } from "./rows.ts";

export const slice: Lowering<"slice"> = {
  kind: "slice",
  rejects: rejectsElements,
  lower({ attrs }, step) {
    const view = attrs.sizes.reduce(
      (part, size, axis) => sliceView(part, axis, attrs.starts[axis]!, size, attrs.steps[axis]!),
      step.view(0),
    );
    callCopy(step, view, step.result);
  },
};
