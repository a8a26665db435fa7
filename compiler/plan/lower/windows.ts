/** @file What the pooling lowerings share: one call per image, taps outside are skipped. */

import type { Window } from "../../../model/ir/attributes.ts";
import type { Node } from "../../../model/ir/graph.ts";
import { type Address, type Argument, addressOf } from "../argument.ts";
import { imageOf } from "../view.ts";
import type { Step } from "./lowering.ts";
import { rejectsElements } from "./rows.ts";

/** Calls `family` on each image; `p` is the kernel's parameter. */
export function callWindows(
  step: Step,
  family: string,
  window: Window,
  p: (image: number) => number | Address,
): void {
  const kernel = step.kernel(family);
  const { kernel: size, strides, pads, dilations } = window;
  const [batch, inH, inW, channels] = step.operands[0]!.type.shape as number[];
  for (let n = 0; n < batch!; n++) {
    const x = imageOf(step.view(0), n);
    const y = imageOf(step.result, n);
    const args: Argument[] = [addressOf(x), addressOf(y), p(n), inH!, inW!, ...size, ...strides];
    args.push(pads[0], pads[1], ...dilations, y.shape[1]!, y.shape[2]!);
    args.push(x.steps[1]!, x.steps[2]!, y.steps[1]!, y.steps[2]!, channels!);
    step.call(kernel, args, { reads: [x], writes: [y] });
  }
}

/** Why a pooling node has no kernel. */
export function rejectsWindow(
  node: Node<"max-pool" | "average-pool" | "qaverage-pool">,
): string | undefined {
  if (node.attrs.layout !== "nhwc") return "kernels take channel-last images";
  return rejectsElements(node);
}

/** Whether every window lies inside the image. */
export function staysInside(window: Window, inner: readonly number[], outer: readonly number[]) {
  if (window.pads.some(pad => pad > 0)) return false;
  return [0, 1].every(axis => {
    const reach = (window.kernel[axis]! - 1) * window.dilations[axis]!;
    return (outer[axis]! - 1) * window.strides[axis]! + reach < inner[axis]!;
  });
}
