/**
 * @file Quantisation of activations in training: values are rounded to those
 * that 8 bits can hold, and stay f32.
 *
 * The gradient passes where the value was inside the range and is 0 outside.
 * For values that are never negative this is the ReLU as well.
 */

import { INT8_RANGE } from "../../core/quantized-layer.ts";
import type { NodeId } from "../../model/ir/graph.ts";
import { type Arithmetic, allAxes, scalar } from "../autodiff/arithmetic.ts";
import type { CustomGradient } from "../autodiff/rule.ts";
import {
  type ActivationFormat,
  SIGNED_LEVELS,
  SMALLEST_RANGE,
  type StepFormat,
  unsignedFormat,
} from "../quantize/activation.ts";

/** Smallest and largest value of an activation, as scalars. */
export interface Range {
  readonly min: NodeId;
  readonly max: NodeId;
}

export interface FakeQuantized {
  readonly value: NodeId;
  readonly gradient: CustomGradient;
  readonly grid: QuantizationGrid;
}

/** value = (round(inside) − zero point) · scale */
export interface QuantizationGrid {
  /** x in steps, zero point included. */
  readonly scaled: NodeId;
  /** The same within the format's bounds. */
  readonly inside: NodeId;
  readonly rounded: NodeId;
  readonly levels: number;
  /** What rounding added to the zero point; absent where that is 0 by definition. */
  readonly zeroPointError?: NodeId;
}

/** The range of `x` in this batch. */
export function observedRange(ops: Arithmetic, x: NodeId): Range {
  const axes = allAxes(ops.shapeOf(x).length);
  return {
    min: ops.op("reduce-min", [x], { axes, keepDims: false }),
    max: ops.op("reduce-max", [x], { axes, keepDims: false }),
  };
}

/** `x` rounded to the levels that `format` gives to `range`. */
export function fakeQuantize(
  ops: Arithmetic,
  x: NodeId,
  range: Range,
  format: StepFormat,
): FakeQuantized {
  return format === "signed" ? signed(ops, x, range) : unsigned(ops, x, range, format);
}

function unsigned(
  ops: Arithmetic,
  x: NodeId,
  range: Range,
  format: ActivationFormat,
): FakeQuantized {
  const { min, max } = unsignedFormat(format);
  const levels = max - min;
  const scale = ops.mul(ops.max(range.max, scalar(SMALLEST_RANGE)), scalar(1 / levels));
  const scaled = ops.mul(x, ops.unary("reciprocal", scale));
  const inside = ops.clamp(scaled, 0, levels);
  const rounded = ops.unary("round", inside);
  const value = ops.mul(rounded, scale);
  return {
    value,
    gradient: gate(ops, x, scaled, inside),
    grid: { scaled, inside, rounded, levels },
  };
}

function signed(ops: Arithmetic, x: NodeId, range: Range): FakeQuantized {
  const { min, max } = INT8_RANGE;
  const low = ops.min(range.min, scalar(0));
  const high = ops.max(ops.max(range.max, ops.add(low, scalar(SMALLEST_RANGE))), scalar(0));
  const scale = ops.mul(ops.sub(high, low), scalar(1 / SIGNED_LEVELS));
  const inverse = ops.unary("reciprocal", scale);
  const exact = ops.sub(scalar(min), ops.mul(low, inverse));
  const zeroPoint = ops.unary("round", exact);
  const scaled = ops.add(ops.mul(x, inverse), zeroPoint);
  const inside = ops.clamp(scaled, min, max);
  const rounded = ops.unary("round", inside);
  const value = ops.mul(ops.sub(rounded, zeroPoint), scale);
  return {
    value,
    gradient: gate(ops, x, scaled, inside),
    grid: {
      scaled,
      inside,
      rounded,
      levels: SIGNED_LEVELS,
      zeroPointError: ops.sub(zeroPoint, exact),
    },
  };
}

/** dy where clamping changed nothing. */
function gate(ops: Arithmetic, x: NodeId, scaled: NodeId, inside: NodeId): CustomGradient {
  return {
    operands: [x],
    gradient: dy => [ops.where(ops.compare("equal", scaled, inside), dy, scalar(0))],
  };
}
