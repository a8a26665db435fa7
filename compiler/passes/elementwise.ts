/** @file Which ops treat every element alone, as layout and lookup passes need to know. */

import { sameShape } from "../../core/shape.ts";
import type { Graph, Node, OpKind } from "../../model/ir/graph.ts";

/** Ops of one operand that map each element to one element. */
const UNARY_KINDS = [
  "clamp",
  "sigmoid",
  "tanh",
  "hard-sigmoid",
  "hard-swish",
  "leaky-relu",
  "exp",
  "log",
  "sqrt",
  "reciprocal",
  "neg",
  "abs",
  "sign",
  "floor",
  "ceil",
  "round",
  "erf",
  "not",
  "cast",
  "quantize",
  "dequantize",
  "lookup",
] as const satisfies readonly OpKind[];

/** Ops that only move, repeat or select elements: they keep what integers mean. */
const MOVEMENT_KINDS = [
  "reshape",
  "transpose",
  "slice",
  "max-pool",
  "expand",
] as const satisfies readonly OpKind[];

export function isUnaryKind(kind: OpKind): boolean {
  return (UNARY_KINDS as readonly OpKind[]).includes(kind);
}

export function isMovement(
  node: Node,
): node is Node<"reshape" | "transpose" | "slice" | "max-pool" | "expand"> {
  return (MOVEMENT_KINDS as readonly OpKind[]).includes(node.kind);
}

/** Ops of f32 that a table of 256 entries can stand for, once their operand has 8 bits. */
export function isTableOp(node: Node, graph: Graph): boolean {
  if (node.type.dtype !== "f32") return false;
  if (isUnaryKind(node.kind)) return node.kind !== "dequantize" && node.kind !== "cast";
  if (!isBinaryKind(node.kind)) return false;
  const operands = node.inputs.map(id => graph.nodes[id]!);
  const constants = operands.filter(({ kind, type }) => kind === "const" && isScalar(type.shape));
  const [value] = operands.filter(({ kind }) => kind !== "const");
  return (
    constants.length === 1 && value !== undefined && sameShape(value.type.shape, node.type.shape)
  );
}

/** Elementwise ops of two f32 operands. */
export function isBinaryKind(
  kind: OpKind,
): kind is "add" | "sub" | "mul" | "div" | "min" | "max" | "pow" {
  return ["add", "sub", "mul", "div", "min", "max", "pow"].includes(kind);
}

export function isScalar(shape: readonly number[]): boolean {
  return shape.every(dim => dim === 1);
}
