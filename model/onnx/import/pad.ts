/** @file Pad. Negative pads cut off: they become a slice. */

import { numberAt, toNumbers } from "../../../core/tensor.ts";
import type { NodeId } from "../../ir/graph.ts";
import type { Importer, ImportNode } from "./context.ts";

const MODES = ["constant", "edge", "reflect"] as const;

export const importPad: Importer = n => {
  const x = n.input(0);
  const rank = n.shapeOf(x).length;
  const given = n.attributes.string("mode", "constant");
  const mode = MODES.find(known => known === given);
  if (mode === undefined) return n.unsupported(`"mode" is "${given}"`, `use ${MODES.join(", ")}`);
  const [before, after] = readPads(n, rank);
  const cut = cropped(n, x, before, after);
  if (![...before, ...after].some(pad => pad > 0)) return cut;
  return n.add("pad", [cut], {
    mode,
    before: before.map(atLeast0),
    after: after.map(atLeast0),
    value: padValue(n),
  });
};

function atLeast0(pad: number): number {
  return Math.max(0, pad);
}

/** The numbers before and after each dimension; `axes` (opset 18) may name fewer. */
function readPads(n: ImportNode, rank: number): readonly [number[], number[]] {
  const pads = n.integers("pads", 1) ?? n.unsupported('"pads" is missing');
  const listed = n.optionalConstant(3, "the axes");
  const axes =
    listed === undefined
      ? Array.from({ length: rank }, (_, axis) => axis)
      : toNumbers(listed).map(axis => n.axis(axis, rank));
  if (pads.length !== 2 * axes.length) {
    n.fail("graph/bad-shape", `${pads.length} pads for ${axes.length} dimensions`);
  }
  const before = new Array<number>(rank).fill(0);
  const after = new Array<number>(rank).fill(0);
  axes.forEach((axis, i) => {
    before[axis] = pads[i]!;
    after[axis] = pads[i + axes.length]!;
  });
  return [before, after];
}

function cropped(
  n: ImportNode,
  x: NodeId,
  before: readonly number[],
  after: readonly number[],
): NodeId {
  if (![...before, ...after].some(pad => pad < 0)) return x;
  const starts = before.map(pad => Math.max(0, -pad));
  const sizes = n.shapeOf(x).map((dim, i) => dim - starts[i]! - Math.max(0, -after[i]!));
  if (sizes.some(size => size < 0)) n.fail("graph/bad-shape", "pads cut off more than there is");
  return n.add("slice", [x], { starts, sizes, steps: starts.map(() => 1) });
}

function padValue(n: ImportNode): number {
  const value = n.optionalConstant(2, "the value");
  if (value === undefined || value.data.length === 0) return n.attributes.float("value", 0);
  return numberAt(value, 0);
}
