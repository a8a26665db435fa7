/** @file QuantizeLinear and DequantizeLinear. */

import { type DType, dtypeRange } from "../../../core/dtype.ts";
import type { Interval } from "../../../core/interval.ts";
import { type Tensor, tensorOf } from "../../../core/tensor.ts";
import type { NodeId, TensorQuantization } from "../../ir/graph.ts";
import type { Attributes } from "./attributes.ts";
import type { ExportGraph } from "./context.ts";
import { clamped, type Exporter } from "./elementwise.ts";

/** The value of `id` as f32: dequantised if it is an integer that stands for a real. */
export function realOf(e: ExportGraph, id: NodeId): string {
  const { quantization } = e.typeOf(id);
  if (quantization === undefined) return e.value(id);
  return e.form("real", e.value(id), () =>
    dequantized(e, e.value(id), e.typeOf(id).dtype, quantization, e.typeOf(id).shape.length),
  );
}

/** The integers `name` of `dtype` as f32; zero points of 0 are the default. `rank` places means. */
export function dequantized(
  e: ExportGraph,
  name: string,
  dtype: DType,
  q: TensorQuantization,
  rank: number,
): string {
  const operands = [name, e.constant(numbers(q, "f32", q.scales), "scale")];
  if (q.zeroPoints.some(zeroPoint => zeroPoint !== 0)) {
    operands.push(e.constant(numbers(q, dtype, q.zeroPoints), "zero_point"));
  }
  const real = e.emit("DequantizeLinear", operands, axisOf(q));
  if (q.means === undefined) return real;
  const shape = Array.from({ length: rank }, (_, i) => (i === q.axis ? q.means!.length : 1));
  return e.emit("Add", [real, e.constant(tensorOf("f32", shape, q.means), "mean")]);
}

function numbers({ axis }: TensorQuantization, dtype: DType, values: readonly number[]): Tensor {
  return tensorOf(dtype, axis === undefined ? [] : [values.length], values);
}

/** 1 is the default. */
function axisOf({ axis }: TensorQuantization): Attributes {
  return axis === undefined || axis === 1 ? {} : { axis: { int: axis } };
}

/** The f32 value `name` as integers of `dtype`. */
export function quantized(
  e: ExportGraph,
  name: string,
  q: TensorQuantization,
  dtype: DType,
): string {
  const scale = e.constant(numbers(q, "f32", q.scales), "scale");
  const zeroPoint = e.constant(numbers(q, dtype, q.zeroPoints), "zero_point");
  return e.emit("QuantizeLinear", [name, scale, zeroPoint], axisOf(q));
}

/** What an integer op leaves: 8 bits with bounds, which may be tighter than the type's. */
export interface Int8Output extends Interval {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** Saturation does what bounds at the ends of the type do; tighter ones need a clamp. */
export function quantizedOutput(e: ExportGraph, name: string, output: Int8Output): string {
  const { scale, zeroPoint, min, max } = output;
  const range = dtypeRange("i8");
  const real = (bound: number): number => Math.fround((bound - zeroPoint) * scale);
  const clamp = {
    min: min > range.min ? real(min) : -Infinity,
    max: max < range.max ? real(max) : Infinity,
  };
  const open = clamp.min === -Infinity && clamp.max === Infinity;
  const bounded = open ? name : clamped(e, name, { dtype: "f32", shape: [] }, clamp);
  return quantized(e, bounded, { scales: [scale], zeroPoints: [zeroPoint] }, "i8");
}

export const exportQuantize: Exporter<"quantize"> = (node, e) =>
  quantized(e, e.value(node.inputs[0]!), node.attrs, node.attrs.dtype);

export const exportDequantize: Exporter<"dequantize"> = (node, e) => {
  const x = node.inputs[0]!;
  const { quantization } = node.attrs;
  if (quantization === undefined) return realOf(e, x);
  const { dtype, shape } = e.typeOf(x);
  return dequantized(e, e.value(x), dtype, quantization, shape.length);
};
