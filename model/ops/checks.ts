/** @file The checks that op files share; each fails as `graph/bad-shape`. */

import { type DType, dtypeRange, isFloat } from "../../core/dtype.ts";
import type { Interval } from "../../core/interval.ts";
import { type Shape, sameShape } from "../../core/shape.ts";
import type { Tensor } from "../../core/tensor.ts";
import { ModelError, problem } from "../diagnostics/diagnostic.ts";
import type { Node, OpKind, TensorQuantization, ValueType } from "../ir/graph.ts";
import { printType } from "../ir/print.ts";

export const FLOATS = ["f32", "f64"] as const;
export const INTEGERS = ["i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64"] as const;
export const NUMBERS = [...FLOATS, ...INTEGERS] as const;

export function demand(condition: boolean, op: OpKind, message: string): asserts condition {
  if (!condition) throw new ModelError(problem("graph/bad-shape", `${op}: ${message}`));
}

/** Checks the number of operands and gives their types. */
export function operandTypes(
  op: OpKind,
  inputs: readonly Node[],
  least: number,
  most = least,
): readonly ValueType[] {
  const range = most === Infinity ? `at least ${least}` : `${least} to ${most}`;
  const expected = least === most ? `${least}` : range;
  demand(
    inputs.length >= least && inputs.length <= most,
    op,
    `expected ${expected} operand${expected === "1" ? "" : "s"}, got ${inputs.length}`,
  );
  return inputs.map(input => input.type);
}

export function demandDType(
  op: OpKind,
  what: string,
  type: ValueType,
  allowed: readonly DType[],
): void {
  demand(
    allowed.includes(type.dtype),
    op,
    `expected ${what} of type ${allowed.join(" or ")}, got ${printType(type)}`,
  );
}

/** Reals only: f32 that is not a quantised integer. */
export function demandF32(op: OpKind, what: string, type: ValueType): void {
  demandDType(op, what, type, ["f32"]);
}

/** Integers that stand for themselves. */
export function demandPlain(op: OpKind, what: string, type: ValueType): void {
  demand(
    type.quantization === undefined,
    op,
    `expected ${what} without quantization, got ${printType(type)}; dequantize it first`,
  );
}

export function demandRank(op: OpKind, what: string, type: ValueType, rank: number): void {
  demand(
    type.shape.length === rank,
    op,
    `expected ${what} with ${rank} dimensions, got ${printType(type)}`,
  );
}

export function demandShape(op: OpKind, what: string, type: ValueType, shape: Shape): void {
  demand(
    sameShape(type.shape, shape),
    op,
    `expected ${what} of shape [${shape.join(",")}], got ${printType(type)}`,
  );
}

export function demandDims(op: OpKind, what: string, shape: Shape): void {
  demand(
    shape.every(dim => Number.isSafeInteger(dim) && dim >= 0),
    op,
    `expected ${what} of non-negative integers, got [${shape.join(",")}]`,
  );
}

export function demandAxis(op: OpKind, axis: number, rank: number): void {
  demand(
    Number.isInteger(axis) && axis >= 0 && axis < rank,
    op,
    `expected an axis in 0…${rank - 1}, got ${axis}`,
  );
}

export function demandFinite(op: OpKind, what: string, value: number): void {
  demand(Number.isFinite(value), op, `expected a finite ${what}, got ${value}`);
}

/** Bounds may be infinite, or the wrong way round as in ONNX; they are never NaN. */
export function demandBounds(op: OpKind, clamp: Interval | undefined): void {
  if (clamp === undefined) return;
  const valid = !Number.isNaN(clamp.min) && !Number.isNaN(clamp.max);
  demand(valid, op, `expected bounds that are numbers, got [${clamp.min}, ${clamp.max}]`);
}

/** Integer bounds of an 8-bit result, and its zero point. */
export function demandInt8Output(
  op: OpKind,
  { min, max, zeroPoint, scale }: Interval & { zeroPoint: number; scale: number },
): void {
  demand(
    [min, max, zeroPoint].every(Number.isInteger) && min >= -128 && min <= max && max <= 127,
    op,
    `expected integer bounds within -128…127, got [${min}, ${max}]`,
  );
  demand(
    zeroPoint >= -128 && zeroPoint <= 127,
    op,
    `expected a zero point within -128…127, got ${zeroPoint}`,
  );
  demand(scale > 0 && scale < Infinity, op, `expected an output scale above 0, got ${scale}`);
}

/** Counts and ranges of a quantisation; scales of 0 belong to channels without weights. */
export function demandQuantization(
  op: OpKind,
  { scales, zeroPoints, axis, means }: TensorQuantization,
  { dtype, shape }: ValueType,
): void {
  demand(!isFloat(dtype) && dtype !== "bool", op, `expected an integer type, got ${dtype}`);
  if (axis !== undefined) demandAxis(op, axis, shape.length);
  const count = axis === undefined ? 1 : shape[axis]!;
  demand(
    scales.length === count && zeroPoints.length === count,
    op,
    `expected ${count} scales and zero points, got ${scales.length} and ${zeroPoints.length}`,
  );
  const bad = scales.find(scale => !(scale >= 0 && scale < Infinity));
  demand(bad === undefined, op, `expected finite scales of at least 0, got ${bad}`);
  const { min, max } = dtypeRange(dtype);
  const outside = zeroPoints.find(z => !Number.isInteger(z) || z < min || z > max);
  demand(outside === undefined, op, `expected zero points within ${dtype}, got ${outside}`);
  if (means === undefined) return;
  const valid = axis !== undefined && means.length === count && means.every(Number.isFinite);
  demand(valid, op, `expected ${count} finite means along an axis, got [${means}]`);
}

/** The one scale and zero point of an 8-bit activation. */
export function demandPerTensor(op: OpKind, what: string, type: ValueType): TensorQuantization {
  const { quantization } = type;
  demand(
    quantization !== undefined && quantization.axis === undefined,
    op,
    `expected ${what} with one scale for the whole tensor, got ${printType(type)}`,
  );
  return quantization;
}

/** What moving or selecting elements keeps of an operand's meaning: per-tensor scales only. */
export function keptMeaning(
  op: OpKind,
  what: string,
  type: ValueType,
): Pick<ValueType, "dtype" | "quantization"> {
  const { dtype, quantization } = type;
  if (quantization === undefined) return { dtype };
  return { dtype, quantization: demandPerTensor(op, what, type) };
}

export function demandConst(op: OpKind, what: string, node: Node): Tensor {
  demand(node.kind === "const", op, `expected constant ${what}, got ${node.kind} %${node.id}`);
  return node.attrs.tensor;
}
