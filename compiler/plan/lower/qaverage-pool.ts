/**
 * @file Lowers `qaverage-pool`: sums of whole windows, so that one bias takes
 * away the zero points of all taps.
 */

import type { Node } from "../../../model/ir/graph.ts";
import type { Lowering } from "./lowering.ts";
import { callWindows, rejectsWindow, staysInside } from "./windows.ts";

export const qaveragePool: Lowering<"qaverage-pool"> = {
  kind: "qaverage-pool",

  rejects(node, [x]) {
    const inside = staysInside(node.attrs, x!.type.shape.slice(1, 3), node.type.shape.slice(1, 3));
    if (!inside) return "8-bit windows must lie inside the image";
    return rejectsWindow(node);
  },

  lower(node, step) {
    const params = step.constant("parameters", packParams(node, step.operands[0]!), "average");
    callWindows(step, "qs8_avgpool", node.attrs, () => params);
  },
};

/** `i32 bias, shift, multiplier, zeroPoint, min, max`. */
function packParams({ attrs }: Node<"qaverage-pool">, x: Node): Uint8Array {
  const { shift, multipliers, zeroPoint, min, max } = attrs.requantization;
  const count = attrs.kernel[0] * attrs.kernel[1];
  const bias = -x.type.quantization!.zeroPoints[0]! * count;
  const fields = Int32Array.of(bias, shift, multipliers[0]!, zeroPoint, min, max);
  return new Uint8Array(fields.buffer);
}
