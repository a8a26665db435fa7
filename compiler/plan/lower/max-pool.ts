/** @file Lowers `max-pool` of f32 and i8; 8-bit channel-first images are channel planes. */

import type { Node } from "../../../model/ir/graph.ts";
import { type Lowering, NO_PLANES } from "./lowering.ts";
import { lowerPoolToCode, planesOfPool, rejectsPlaneMaxPool } from "./plane-max-pool.ts";
import { callWindows, rejectsWindow } from "./windows.ts";

const FAMILIES: Readonly<Record<string, string>> = { f32: "f32_maxpool", i8: "s8_maxpool" };

export const maxPool: Lowering<"max-pool"> = {
  kind: "max-pool",

  rejects(node, operands, graph) {
    if (isOnPlanes(node)) return rejectsPlaneMaxPool(node, operands, graph);
    const [x] = operands;
    if (FAMILIES[x!.type.dtype] === undefined) return `no kernel pools ${x!.type.dtype}`;
    return rejectsWindow(node);
  },

  planes: node => (isOnPlanes(node) ? planesOfPool(node) : NO_PLANES),

  lower(node, step) {
    const { attrs, type } = node;
    if (isOnPlanes(node)) lowerPoolToCode(node, step);
    else callWindows(step, FAMILIES[type.dtype]!, attrs, () => 0);
  },
};

function isOnPlanes({ attrs, type }: Node<"max-pool">): boolean {
  return attrs.layout === "nchw" && type.dtype === "i8";
}
