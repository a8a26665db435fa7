/** @file Padding as "SAME" means it. */

import type { Pads } from "../../model/ir/attributes.ts";

/** Pads that give ⌈size / stride⌉ outputs, the odd one at the far edge. */
export function samePads(
  size: readonly [number, number],
  kernel: readonly [number, number],
  stride: number,
): Pads {
  const total = size.map((length, axis) =>
    Math.max(0, (Math.ceil(length / stride) - 1) * stride + kernel[axis]! - length),
  ) as [number, number];
  const [top, left] = total.map(count => Math.floor(count / 2)) as [number, number];
  return [top, left, total[0] - top, total[1] - left];
}
