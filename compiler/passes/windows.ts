/** @file Where the windows of a pool lie. */

import type { Shape } from "../../core/shape.ts";
import type { Node } from "../../model/ir/graph.ts";

/** Whether no window reaches beyond the image of `shape` and its padding. */
export function windowsLieInside({ type, attrs }: Node<"average-pool">, shape: Shape): boolean {
  const first = attrs.layout === "nchw" ? 2 : 1;
  return [0, 1].every(i => {
    const last = (type.shape[first + i]! - 1) * attrs.strides[i]!;
    const reach = last + (attrs.kernel[i]! - 1) * attrs.dilations[i]! + 1;
    return reach <= shape[first + i]! + attrs.pads[i]! + attrs.pads[i + 2]!;
  });
}
