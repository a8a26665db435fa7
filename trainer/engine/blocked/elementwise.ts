/** @file Elementwise ops on images in blocks: the same operators, as positions do not matter. */

import { elementCount, sameShape } from "../../../core/shape.ts";
import type { Node, NodeId, OpKind } from "../../../model/ir/graph.ts";
import { elementTypeOf } from "../../../model/onnx/element-type.ts";
import { clamped } from "../../../model/onnx/export/elementwise.ts";
import type { Blocks } from "./blocks.ts";

/** Ops that are one operator, and finite on the zeros that fill blocks up. */
const OPERATORS: { readonly [K in OpKind]?: string } = {
  add: "Add",
  sub: "Sub",
  mul: "Mul",
  div: "Div",
  min: "Min",
  max: "Max",
  equal: "Equal",
  greater: "Greater",
  "greater-or-equal": "GreaterOrEqual",
  less: "Less",
  "less-or-equal": "LessOrEqual",
  where: "Where",
  round: "Round",
  sign: "Sign",
  neg: "Neg",
  abs: "Abs",
  not: "Not",
};

/** Writes `node` in blocks, if an operand is there already. Returns its plain form. */
export function writeElementwise(node: Node, b: Blocks): string | undefined {
  if (!isBlockwise(node, b)) return undefined;
  const operands = node.inputs.map(id => operand(node, id, b));
  const blocked = operate(node, operands, b);
  if (blocked === undefined) return undefined;
  if (node.type.dtype === "f32") return b.plainOf(node.id, blocked);
  b.keep(node.id, blocked);
  return undefined;
}

/** Whether every operand is a scalar or an image that is in blocks or can be brought there. */
function isBlockwise(node: Node, b: Blocks): boolean {
  const { shape } = node.type;
  if (shape.length !== 4) return false;
  // Zeros that fill a block up would become 0 / 0.
  if (node.kind === "div" && shape[1]! % b.size !== 0) return false;
  const whole = node.inputs.filter(id => elementCount(b.shapeOf(id)) !== 1);
  return (
    whole.some(id => b.has(id)) &&
    whole.every(id => sameShape(b.shapeOf(id), shape) && (b.has(id) || b.isImage(id)))
  );
}

function operand(node: Node, id: NodeId, b: Blocks): string {
  return elementCount(b.shapeOf(id)) === 1 && elementCount(node.type.shape) !== 1
    ? b.e.value(id)
    : b.of(id);
}

function operate(node: Node, operands: readonly string[], b: Blocks): string | undefined {
  if (node.kind === "clamp") return clamped(b.e, operands[0]!, node.type, node.attrs);
  if (node.kind === "cast") {
    return b.e.emit("Cast", operands, { to: { int: elementTypeOf(node.attrs.to) } });
  }
  if (node.kind === "where" && isZero(b, node.inputs[2]!)) return selected(operands, b);
  const operator = OPERATORS[node.kind];
  return operator === undefined ? undefined : b.e.emit(operator, operands);
}

/** Condition times value: `Where` takes four passes. */
function selected([condition, value]: readonly string[], b: Blocks): string {
  const mask = b.e.emit("Cast", [condition!], { to: { int: elementTypeOf("f32") } });
  return b.e.emit("Mul", [value!, mask]);
}

function isZero(b: Blocks, id: NodeId): boolean {
  const node = b.e.node(id);
  return node.kind === "const" && node.attrs.tensor.data.every(x => Number(x) === 0);
}
