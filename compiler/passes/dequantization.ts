/** @file What a dequantize says of the integers that it reads. */

import type { Interval } from "../../core/interval.ts";
import type { Quantization } from "../../core/requantize.ts";
import type { Node, NodeId, TensorQuantization } from "../../model/ir/graph.ts";
import type { Rewriter } from "../../model/ir/rewrite.ts";

type Reading = Pick<Rewriter, "node" | "typeOf">;

export function dequantizationOf(node: Node<"dequantize">, b: Reading): TensorQuantization {
  return (node.attrs.quantization ?? b.typeOf(node.inputs[0]!).quantization)!;
}

/** An 8-bit activation and what it means, behind a real value. */
export interface Integers extends Quantization {
  readonly id: NodeId;
}

/** The i8 value that `id` dequantises, if it has one scale for the whole tensor. */
export function integersOf(id: NodeId, b: Reading): Integers | undefined {
  const node = b.node(id);
  if (node.kind !== "dequantize" || node.attrs.quantization !== undefined) return undefined;
  const source = node.inputs[0]!;
  const { dtype, quantization } = b.typeOf(source);
  if (dtype !== "i8" || quantization === undefined || quantization.axis !== undefined) {
    return undefined;
  }
  if (b.node(source).kind === "const") return undefined;
  return { id: source, scale: quantization.scales[0]!, zeroPoint: quantization.zeroPoints[0]! };
}

/** The 8-bit output that an integer op is to make. */
export interface Target extends Quantization, Interval {}

/** The target of a quantize to i8 with one scale for the whole tensor. */
export function int8Target(node: Node): Quantization | undefined {
  if (node.kind !== "quantize" || node.attrs.dtype !== "i8") return undefined;
  const { scales, zeroPoints, axis } = node.attrs;
  return axis === undefined ? { scale: scales[0]!, zeroPoint: zeroPoints[0]! } : undefined;
}
