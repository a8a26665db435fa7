/**
 * @file Lowers `lookup`: a table of 256 bytes, indexed by x plus what makes it
 * non-negative; a table that takes 128 away from a u8 is a flip of its sign bit.
 */

import { dtypeRange } from "../../../core/dtype.ts";
import { bytesOf } from "../../../core/tensor.ts";
import type { Node } from "../../../model/ir/graph.ts";
import { unaryRows } from "./rows.ts";

const FLIP = "x8_vflip";

export const lookup = unaryRows("lookup", familyOf, (node, step) => {
  const x = step.operands[0]!;
  if (familyOf(node, x) === FLIP) return [];
  return [
    step.constant("table", bytesOf(node.attrs.table), "table"),
    -dtypeRange(x.type.dtype).min,
  ];
});

function familyOf({ attrs }: Node<"lookup">, { type }: Node): string | undefined {
  if (type.dtype !== "i8" && type.dtype !== "u8") return undefined;
  const flips = type.dtype === "u8" && attrs.table.data.every((value, i) => value === i - 128);
  return flips ? FLIP : "x8_vlookup";
}
