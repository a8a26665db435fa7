/**
 * @file Lowers `qaverage-pool`: sums of whole windows, so that one bias takes
 * away the zero points of all taps. Of channel-first images, which are channel
 * planes, only whole ones.
 */

import type { Node } from "../../../model/ir/graph.ts";
import { type Address, addressOf } from "../argument.ts";
import { imageRegions, NO_NEED } from "../channel-planes.ts";
import { type Lowering, NO_PLANES, type Step } from "./lowering.ts";
import { callWindows, rejectsWindow, staysInside } from "./windows.ts";

export const qaveragePool: Lowering<"qaverage-pool"> = {
  kind: "qaverage-pool",

  rejects(node, operands) {
    if (node.attrs.layout === "nchw") return rejectsPlanePool(node, operands);
    const [x] = operands;
    const inside = staysInside(node.attrs, x!.type.shape.slice(1, 3), node.type.shape.slice(1, 3));
    if (!inside) return "8-bit windows must lie inside the image";
    return rejectsWindow(node);
  },

  planes: ({ attrs }) =>
    attrs.layout === "nchw" ? { operands: [NO_NEED], result: false } : NO_PLANES,

  lower(node, step) {
    const params = step.constant("parameters", packParams(node, step.operands[0]!), "average");
    if (node.attrs.layout === "nchw") callPlanePool(step, params);
    else callWindows(step, "qs8_avgpool", node.attrs, () => params);
  },
};

/** Why no kernel averages over channel planes, as a clause, in either layout. */
export function rejectsPlanePool(
  { attrs, type }: Node<"qaverage-pool">,
  [x]: readonly Node[],
): string | undefined {
  const size = x!.type.shape.slice(attrs.layout === "nchw" ? 2 : 1).slice(0, 2);
  if (size.some((length, axis) => attrs.kernel[axis] !== length)) {
    return "planes are averaged as a whole";
  }
  if (attrs.dilations.some((dilation, axis) => dilation > 1 && size[axis]! > 1)) {
    return "planes are averaged without gaps";
  }
  if (type.shape[0] !== 1) return "images come in a batch";
  return type.shape.includes(0) ? "tensors without elements take no kernel" : undefined;
}

function callPlanePool(step: Step, params: Address): void {
  const [x, y] = [step.planes(0), step.result];
  const { channels, rows, columns, planeBytes, rowBytes } = x.planes;
  const start = { block: x.block, offset: x.head };
  const sizes = [channels, rows, columns, planeBytes, rowBytes, y.steps[1]!];
  step.call(step.kernel("s16_qs8_planepool"), [start, addressOf(y), params, ...sizes], {
    reads: imageRegions(x),
    writes: [y],
  });
}

/** `i32 bias, shift, multiplier, zeroPoint, min, max`. */
function packParams({ attrs }: Node<"qaverage-pool">, x: Node): Uint8Array {
  const { shift, multipliers, zeroPoint, min, max } = attrs.requantization;
  const count = attrs.kernel[0] * attrs.kernel[1];
  const bias = -x.type.quantization!.zeroPoints[0]! * count;
  const fields = Int32Array.of(bias, shift, multipliers[0]!, zeroPoint, min, max);
  return new Uint8Array(fields.buffer);
}
