/**
 * @file The part of `lower-quantized` that makes tables of functions of 8 bits.
 *
 *     %2 = dequantize %1                    %2 = lookup %1 {table=…}
 *     %3 = sigmoid %2
 *     %4 = quantize %3
 *
 * The oracle computes all 256 values, so the table is exact.
 */

import { sameShape } from "../../core/shape.ts";
import { type Tensor, tensorOf } from "../../core/tensor.ts";
import type { Node, NodeId, ValueType } from "../../model/ir/graph.ts";
import type { Rewriter } from "../../model/ir/rewrite.ts";
import { evaluateNode } from "../../model/ops/index.ts";
import { dequantizationOf, integersOf } from "./dequantization.ts";
import { isBinaryKind, isScalar, isUnaryKind } from "./elementwise.ts";

/** The table that stands in for `quantize` and what leads to it from one 8-bit value. */
export function lookupFor(quantize: Node<"quantize">, b: Rewriter): NodeId | undefined {
  const curve = curveOf(quantize, b);
  if (curve?.source === undefined) return undefined;
  const { scales, zeroPoints } = quantize.attrs;
  const table = curve.values as Tensor<"i8">;
  return b.add(
    "lookup",
    [curve.source],
    { table, quantization: { scales, zeroPoints } },
    quantize.name,
  );
}

/** The values of a function for all 256 inputs; a constant has no source. */
interface Curve {
  readonly values: Tensor;
  readonly type: ValueType;
  readonly source?: NodeId;
}

function curveOf(node: Node, b: Rewriter): Curve | undefined {
  const start = startOf(node, b) ?? constantCurve(node);
  if (start !== undefined) return start;
  if (!isUnaryKind(node.kind) && !isBinaryKind(node.kind)) return undefined;
  if (variesAlongAxis(node, b)) return undefined;
  const operands = node.inputs.map(id => curveOf(b.node(id), b));
  const sources = new Set(operands.flatMap(operand => operand?.source ?? []));
  if (operands.includes(undefined) || sources.size !== 1) return undefined;
  const [source] = sources;
  if (!sameShape(b.typeOf(source!).shape, node.type.shape)) return undefined;
  const type = { ...node.type, shape: [256] };
  const values = evaluateNode(
    { ...node, type },
    operands.map(operand => operand!.values),
    operands.map(operand => operand!.type),
  );
  return { values, type, source: source! };
}

/** Scales per index of an axis: no one function of the element alone. */
function variesAlongAxis(node: Node, b: Rewriter): boolean {
  if (node.kind === "quantize") return node.attrs.axis !== undefined;
  return node.kind === "dequantize" && dequantizationOf(node, b).axis !== undefined;
}

/** The real values of the 256 integers of an activation. */
function startOf(node: Node, b: Rewriter): Curve | undefined {
  const x = node.kind === "dequantize" ? integersOf(node.id, b) : undefined;
  if (x === undefined || node.kind !== "dequantize") return undefined;
  const integers = tensorOf(
    "i8",
    [256],
    Array.from({ length: 256 }, (_, i) => i - 128),
  );
  const meaning = { dtype: "i8", shape: [256], quantization: dequantizationOf(node, b) } as const;
  const type = { dtype: "f32", shape: [256] } as const;
  return { values: evaluateNode({ ...node, type }, [integers], [meaning]), type, source: x.id };
}

function constantCurve(node: Node): Curve | undefined {
  if (node.kind !== "const" || node.type.dtype !== "f32" || !isScalar(node.type.shape))
    return undefined;
  const values = { ...node.attrs.tensor, shape: [] };
  return { values, type: { dtype: "f32", shape: [] } };
}
