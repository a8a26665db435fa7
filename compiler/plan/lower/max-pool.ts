/** @file Lowers `max-pool` of f32 and i8. */

import type { Lowering } from "./lowering.ts";
import { callWindows, rejectsWindow } from "./windows.ts";

const FAMILIES: Readonly<Record<string, string>> = { f32: "f32_maxpool", i8: "s8_maxpool" };

export const maxPool: Lowering<"max-pool"> = {
  kind: "max-pool",

  rejects(node, [x]) {
    if (FAMILIES[x!.type.dtype] === undefined) return `no kernel pools ${x!.type.dtype}`;
    return rejectsWindow(node);
  },

  lower({ attrs, type }, step) {
    callWindows(step, FAMILIES[type.dtype]!, attrs, () => 0);
  },
};
