/** @file Runs one op on given operands, checked as the compiler checks it. */

import type { DType } from "../../core/dtype.ts";
import { type Tensor, tensorOf, toNumbers } from "../../core/tensor.ts";
import { ModelError } from "../../model/diagnostics/diagnostic.ts";
import type { OpAttributes, Window } from "../../model/ir/attributes.ts";
import type { Graph, OpKind, TensorQuantization, ValueType } from "../../model/ir/graph.ts";
import { evaluate, graphBuilder, verifyGraph } from "../../model/ops/index.ts";

/** A constant operand, or the type of one that is not constant. */
export type Operand =
  | Tensor
  | { readonly tensor: Tensor; readonly quantization: TensorQuantization }
  | { readonly dtype: DType; readonly shape: readonly number[]; readonly variable: true };

/** Operands as nodes, then the op; its type is inferred. */
export function graphOf<K extends OpKind>(
  kind: K,
  operands: readonly Operand[],
  attrs: OpAttributes[K],
): Graph {
  const b = graphBuilder();
  const inputs = operands.map((operand, i) => {
    if ("variable" in operand) return b.input(`x${i}`, operand.dtype, operand.shape);
    if ("data" in operand) return b.constant(operand);
    return b.constant(operand.tensor, { quantization: operand.quantization });
  });
  return b.finish("op", [{ name: "y", id: b.add(kind, inputs, attrs) }]);
}

/** The value of an op on constants. */
export function compute<K extends OpKind>(
  kind: K,
  operands: readonly Operand[],
  attrs: OpAttributes[K],
): Tensor {
  const graph = graphOf(kind, operands, attrs);
  verifyGraph(graph);
  const { y } = evaluate(graph, {});
  const type = graph.nodes.at(-1)!.type;
  if (y!.dtype !== type.dtype || `${y!.shape}` !== `${type.shape}`) {
    throw new Error(`${kind} gave ${y!.dtype}[${y!.shape}], inferred ${type.dtype}[${type.shape}]`);
  }
  return y!;
}

export function numbers<K extends OpKind>(
  kind: K,
  operands: readonly Operand[],
  attrs: OpAttributes[K],
): number[] {
  return toNumbers(compute(kind, operands, attrs));
}

export function typeOf<K extends OpKind>(
  kind: K,
  operands: readonly Operand[],
  attrs: OpAttributes[K],
): ValueType {
  return graphOf(kind, operands, attrs).nodes.at(-1)!.type;
}

/** What inference, or else the verifier, says against the op; "" if nothing. */
export function refusal(kind: OpKind, operands: readonly Operand[], attrs: unknown): string {
  try {
    verifyGraph(graphOf(kind, operands, attrs as OpAttributes[OpKind]));
    return "";
  } catch (error) {
    if (error instanceof ModelError) return error.diagnostics[0]!.message;
    return (error as Error).message;
  }
}

export const f32 = (shape: readonly number[], values: readonly number[]): Tensor<"f32"> =>
  tensorOf("f32", shape, values);
export const vector = (...values: number[]): Tensor<"f32"> => f32([values.length], values);
/** 1, 2, 3, … */
export const counting = (...shape: number[]): Tensor<"f32"> => {
  const count = shape.reduce((product, dim) => product * dim, 1);
  return f32(
    shape,
    Array.from({ length: count }, (_, i) => i + 1),
  );
};
export const variable = (dtype: DType, ...shape: number[]): Operand => ({
  dtype,
  shape,
  variable: true,
});

/** i8 with one scale and zero point. */
export function quantized(
  shape: readonly number[],
  values: readonly number[],
  scale = 0.5,
  zeroPoint = 0,
): { tensor: Tensor<"i8">; quantization: TensorQuantization } {
  const quantization = { scales: [scale], zeroPoints: [zeroPoint] };
  return { tensor: tensorOf("i8", shape, values), quantization };
}

/** A window with stride 1, no pads and no dilation, but for what is given. */
export function window(kernel: Window["kernel"], changes: Partial<Window> = {}): Window {
  return { kernel, strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], ...changes };
}
