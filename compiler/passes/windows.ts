/** @file Where the windows of a pool lie. */

import type { Shape } from "../../core/shape.ts";
import type { Pads } from "../../model/ir/attributes.ts";
import type { Node } from "../../model/ir/graph.ts";
import { reach, taps } from "../../model/ops/window.ts";

/** Whether no window reaches beyond the image of `shape` and its padding. */
export function windowsLieInside({ type, attrs }: Node<"average-pool">, shape: Shape): boolean {
  const first = attrs.layout === "nchw" ? 2 : 1;
  return [0, 1].every(i => {
    const last = (type.shape[first + i]! - 1) * attrs.strides[i]!;
    return last + reach(attrs, i) <= shape[first + i]! + attrs.pads[i]! + attrs.pads[i + 2]!;
  });
}

/** Whether with `pads` every window would still hold an element of the image of `shape`. */
export function windowsMeetImage(
  { type, attrs }: Node<"average-pool">,
  pads: Pads,
  shape: Shape,
): boolean {
  const { kernel, strides, dilations, layout } = attrs;
  const first = layout === "nchw" ? 2 : 1;
  return ([0, 1] as const).every(i => {
    const count = type.shape[first + i]!;
    const starts = Array.from({ length: count }, (_, n) => n * strides[i] - pads[i]);
    return starts.every(start => taps(start, kernel[i], dilations[i], shape[first + i]!) > 0);
  });
}
