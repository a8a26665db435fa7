/** @file Lowers `quantize` of f32 to 8 bits, one scale for the whole tensor. */

import { dtypeRange } from "../../../core/dtype.ts";
import type { Lowering } from "./lowering.ts";
import { callRows, rejectsElements } from "./rows.ts";

const FAMILIES: Readonly<Record<string, string>> = {
  i8: "f32_qs8_vquantize",
  u8: "f32_u8_vquantize",
};

export const quantize: Lowering<"quantize"> = {
  kind: "quantize",

  rejects(node, [x]) {
    const { axis, dtype } = node.attrs;
    if (axis !== undefined) return "activations are quantised with one scale for the whole tensor";
    if (x!.type.dtype !== "f32" || FAMILIES[dtype] === undefined) {
      return `no kernel quantises ${x!.type.dtype} to ${dtype}`;
    }
    return rejectsElements(node);
  },

  lower({ attrs }, step) {
    const { min, max } = dtypeRange(attrs.dtype);
    const extra = [attrs.scales[0]!, attrs.zeroPoints[0]!, min, max];
    callRows(step, FAMILIES[attrs.dtype]!, [step.view(0)], extra);
  },
};
