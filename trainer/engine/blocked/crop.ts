/** @file A window into images in blocks: rows and columns, with steps; channels stay. */

import type { Node } from "../../../model/ir/graph.ts";
import type { Blocks } from "./blocks.ts";

export function writeCrop(node: Node<"slice">, b: Blocks): string | undefined {
  const x = node.inputs[0]!;
  const { starts, sizes, steps } = node.attrs;
  if (!b.has(x) || !b.isImage(x)) return undefined;
  const [n, c, rows, columns] = b.imageShape(x);
  const whole = [n, c].every((dim, axis) => sizes[axis] === dim && steps[axis] === 1);
  if (!whole || steps.some(step => step < 1)) return undefined;
  const channels = b.channelsOf(x);
  const split = b.e.reshape(b.of(x), [(n * channels) / b.size, rows, columns, b.size]);
  const ends = starts.map((start, axis) => start + (sizes[axis]! - 1) * steps[axis]! + 1);
  const ranges = [starts.slice(2), ends.slice(2), [1, 2], steps.slice(2)];
  const cut = b.e.emit("Slice", [split, ...ranges.map(list => b.e.integers(list, "range"))]);
  return b.plainOf(node.id, b.e.reshape(cut, [n, channels, sizes[2]!, sizes[3]!]));
}
