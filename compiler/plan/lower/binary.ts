/** @file Lowers `add`, `sub`, `mul`, `div`, `min` and `max` of f32, with broadcasting. */

import { sameShape } from "../../../core/shape.ts";
import type { Node } from "../../../model/ir/graph.ts";
import { broadcastView } from "../view.ts";
import type { Lowering } from "./lowering.ts";
import { callNested, rejectsElements } from "./rows.ts";

type BinaryKind = "add" | "sub" | "mul" | "div" | "min" | "max";

function binary<K extends BinaryKind>(kind: K): Lowering<K> {
  return {
    kind,
    rejects(node, operands) {
      const other = operands.find(operand => operand.type.dtype !== "f32");
      if (other !== undefined) return `no kernel computes it on ${other.type.dtype}`;
      return rejectsElements(node as Node);
    },
    operandViews: (node, operands, result) =>
      operands.map(({ type }) => (sameShape(type.shape, node.type.shape) ? result : undefined)),
    lower(_node, step) {
      const { shape } = step.result;
      const sources = [step.view(0), step.view(1)].map(view => broadcastView(view, shape));
      callNested(step, `f32_vbinary_${kind}`, sources, step.result);
    },
  };
}

export const add = binary("add");
export const sub = binary("sub");
export const mul = binary("mul");
export const div = binary("div");
export const min = binary("min");
export const max = binary("max");
