/** @file Lowers `average-pool` of f32. */

import type { Lowering } from "./lowering.ts";
import { callWindows, rejectsWindow } from "./windows.ts";

export const averagePool: Lowering<"average-pool"> = {
  kind: "average-pool",

  rejects(node, [x]) {
    if (x!.type.dtype !== "f32") return `no kernel averages ${x!.type.dtype}`;
    return rejectsWindow(node);
  },

  lower({ attrs }, step) {
    callWindows(step, "f32_avgpool", attrs, () => (attrs.countIncludePad ? 1 : 0));
  },
};
