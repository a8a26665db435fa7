/** @file What reductions share: they fold the elements along some axes, in row-major order. */

import type { DType } from "../../core/dtype.ts";
import { elementCount, type Shape, stridesOf } from "../../core/shape.ts";
import { numberAt, setNumber, zeros } from "../../core/tensor.ts";
import type { OpAttributes } from "../ir/attributes.ts";
import { stridedOffsets } from "./broadcast.ts";
import { demand, demandAxis, demandDType, demandPlain, NUMBERS, operandTypes } from "./checks.ts";
import type { Op } from "./op.ts";

type ReductionKind = Extract<keyof OpAttributes, `reduce-${string}`>;

export interface Fold {
  /** The value of no elements; `undefined` if there is none. */
  readonly empty: number | undefined;
  /** Where folding starts. */
  readonly start: number;
  /** f32 results are rounded after each step. */
  step(acc: number, value: number): number;
  finish?(acc: number, count: number): number;
  readonly dtypes?: readonly DType[];
}

export function reductionOp<K extends ReductionKind>(kind: K, summary: string, fold: Fold): Op<K> {
  return {
    kind,
    summary,
    infer(inputs, { axes, keepDims }: OpAttributes[ReductionKind]) {
      const [x] = operandTypes(kind, inputs, 1);
      demandDType(kind, "x", x!, fold.dtypes ?? NUMBERS);
      demandPlain(kind, "x", x!);
      for (const axis of axes) demandAxis(kind, axis, x!.shape.length);
      const sorted = axes.every((axis, i) => i === 0 || axis > axes[i - 1]!);
      demand(sorted, kind, `expected sorted axes without repeats, got [${axes}]`);
      const count = elementCount(axes.map(axis => x!.shape[axis]!));
      demand(
        count > 0 || fold.empty !== undefined,
        kind,
        `there is nothing to reduce along axes [${axes}] of [${x!.shape}]`,
      );
      return { dtype: x!.dtype, shape: reducedShape(x!.shape, axes, keepDims) };
    },
    evaluate({ inputs, attrs, type }) {
      const x = inputs[0]!;
      const { axes } = attrs as OpAttributes[ReductionKind];
      const strides = stridesOf(x.shape);
      const kept = x.shape.map((_, axis) => axis).filter(axis => !axes.includes(axis));
      const outer = stridedOffsets(pick(x.shape, kept), pick(strides, kept));
      const inner = stridedOffsets(pick(x.shape, axes), pick(strides, axes));
      const result = zeros(type.dtype, type.shape);
      const round = type.dtype === "f32" ? Math.fround : (value: number): number => value;
      for (let i = 0; i < outer.length; i++) {
        let acc = fold.start;
        for (let k = 0; k < inner.length; k++) {
          acc = round(fold.step(acc, numberAt(x, outer[i]! + inner[k]!)));
        }
        setNumber(result.data, i, fold.finish?.(acc, inner.length) ?? acc);
      }
      return result;
    },
  };
}

export function reducedShape(shape: Shape, axes: readonly number[], keepDims: boolean): Shape {
  if (keepDims) return shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
  return shape.filter((_, axis) => !axes.includes(axis));
}

function pick(values: readonly number[], axes: readonly number[]): number[] {
  return axes.map(axis => values[axis]!);
}
