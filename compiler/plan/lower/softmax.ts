/** @file Lowers `softmax` of f32 along the last dimension that has elements. */

import { elementCount } from "../../../core/shape.ts";
import { lastDimensionLoops } from "../loops.ts";
import type { View } from "../view.ts";
import type { Lowering } from "./lowering.ts";
import { callRows, rejectsElements } from "./rows.ts";

export const softmax: Lowering<"softmax"> = {
  kind: "softmax",

  rejects(node, [x]) {
    const { shape } = node.type;
    if (x!.type.dtype !== "f32") return `no kernel computes it on ${x!.type.dtype}`;
    const inner = elementCount(shape.slice(node.attrs.axis + 1));
    if (inner !== 1) return "the kernel runs along the last dimension only";
    return rejectsElements(node);
  },

  lower({ attrs }, step) {
    const cut = (views: readonly View[]) =>
      lastDimensionLoops(views.map(view => withoutInner(view, attrs.axis)));
    callRows(step, "f32_vsoftmax", [step.view(0)], [], cut);
  },
};

/** The same elements without the dimensions, of one index each, behind `axis`. */
function withoutInner(view: View, axis: number): View {
  return { ...view, shape: view.shape.slice(0, axis + 1), steps: view.steps.slice(0, axis + 1) };
}
