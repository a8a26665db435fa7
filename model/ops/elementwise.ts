/** @file What elementwise ops share: one factory for each number of operands. */

import { type ArrayOf, allocate, type DType, isFloat } from "../../core/dtype.ts";
import { broadcastShapes, elementCount } from "../../core/shape.ts";
import { type Tensor, zeros } from "../../core/tensor.ts";
import type { OpAttributes } from "../ir/attributes.ts";
import type { OpKind, ValueType } from "../ir/graph.ts";
import { broadcastOffsets } from "./broadcast.ts";
import { demand, demandDType, demandPlain, FLOATS, NUMBERS, operandTypes } from "./checks.ts";
import type { Op } from "./op.ts";

/** The ops without attributes that take `N` operands elementwise. */
type PlainKind = {
  [K in OpKind]: Record<never, never> extends OpAttributes[K] ? K : never;
}[OpKind];

/**
 * An operation on numbers: on floats, whose result the array's type rounds,
 * and on integers of any width, where results wrap; absent if floats only.
 */
export interface Arithmetic<F, I> {
  readonly float: F;
  readonly integer?: I;
}

type Binary<N> = (a: N, b: N) => N;
type Unary<N> = (x: N) => N;

/** An op on two operands of one type, broadcast as in ONNX. */
export function binaryOp<K extends PlainKind>(
  kind: K,
  summary: string,
  apply: Arithmetic<Binary<number>, Binary<bigint>>,
): Op<K> {
  const allowed = apply.integer === undefined ? FLOATS : NUMBERS;
  return {
    kind,
    summary,
    infer(inputs) {
      const [a, b] = operandTypes(kind, inputs, 2);
      return { dtype: a!.dtype, shape: pairShape(kind, a!, b!, allowed) };
    },
    evaluate({ inputs, type }) {
      const [a, b] = inputs;
      const [fromA, fromB] = inputs.map(input => broadcastOffsets(input.shape, type.shape));
      const result = zeros(type.dtype, type.shape);
      if (isFloat(type.dtype)) {
        const [x, y, out] = [a!.data, b!.data, result.data] as Float32Array[];
        for (let i = 0; i < out!.length; i++) {
          out![i] = apply.float(x![fromA![i]!]!, y![fromB![i]!]!);
        }
        return result;
      }
      const store = integerWriter(result);
      for (let i = 0; i < result.data.length; i++) {
        store(i, apply.integer!(BigInt(a!.data[fromA![i]!]!), BigInt(b!.data[fromB![i]!]!)));
      }
      return result;
    },
  };
}

/** A test on two operands of one type; the result is `bool`. */
export function comparisonOp<K extends PlainKind>(
  kind: K,
  summary: string,
  allowed: readonly DType[],
  test: (a: number | bigint, b: number | bigint) => boolean,
): Op<K> {
  return {
    kind,
    summary,
    infer(inputs) {
      const [a, b] = operandTypes(kind, inputs, 2);
      return { dtype: "bool", shape: pairShape(kind, a!, b!, allowed) };
    },
    evaluate({ inputs, type }) {
      const [fromA, fromB] = inputs.map(input => broadcastOffsets(input.shape, type.shape));
      const [a, b] = inputs.map(input => input.data);
      const data = new Uint8Array(elementCount(type.shape));
      for (let i = 0; i < data.length; i++) {
        data[i] = test(a![fromA![i]!]!, b![fromB![i]!]!) ? 1 : 0;
      }
      return { dtype: "bool", shape: type.shape, data };
    },
  };
}

/** An op on each number by itself. */
export function unaryOp<K extends PlainKind>(
  kind: K,
  summary: string,
  apply: Arithmetic<Unary<number>, Unary<bigint>>,
): Op<K> {
  const allowed = apply.integer === undefined ? FLOATS : NUMBERS;
  return {
    kind,
    summary,
    infer(inputs) {
      const [x] = operandTypes(kind, inputs, 1);
      demandDType(kind, "x", x!, allowed);
      demandPlain(kind, "x", x!);
      return { dtype: x!.dtype, shape: x!.shape };
    },
    evaluate({ inputs, type }) {
      const { data } = inputs[0]!;
      const result = zeros(type.dtype, type.shape);
      if (isFloat(type.dtype)) {
        return mapFloats(inputs[0] as Tensor<"f32">, type.dtype as "f32", apply.float);
      }
      const store = integerWriter(result);
      for (let i = 0; i < data.length; i++) store(i, apply.integer!(BigInt(data[i]!)));
      return result;
    },
  };
}

/** An op on each f32 by itself. */
export function unaryF32Op<K extends OpKind>(
  kind: K,
  summary: string,
  apply: (x: number, attrs: OpAttributes[K]) => number,
  check: (attrs: OpAttributes[K]) => void = () => {},
): Op<K> {
  return {
    kind,
    summary,
    infer(inputs, attrs) {
      const [x] = operandTypes(kind, inputs, 1);
      demandDType(kind, "x", x!, ["f32"]);
      check(attrs);
      return { dtype: "f32", shape: x!.shape };
    },
    evaluate({ inputs, attrs }) {
      return mapFloats(inputs[0] as Tensor<"f32">, "f32", x => apply(x, attrs));
    },
  };
}

export function mapFloats<D extends "f32" | "f64">(
  x: Tensor<D>,
  dtype: D,
  apply: (x: number) => number,
): Tensor<D> {
  const data = allocate(dtype, x.data.length);
  for (let i = 0; i < data.length; i++) data[i] = apply(x.data[i]!);
  return { dtype, shape: x.shape, data: data as ArrayOf[D] };
}

/** The shape of an op on two operands that agree in type, checked. */
function pairShape(kind: OpKind, a: ValueType, b: ValueType, allowed: readonly DType[]) {
  for (const [what, type] of [
    ["a", a],
    ["b", b],
  ] as const) {
    demandDType(kind, what, type, allowed);
    demandPlain(kind, what, type);
  }
  demand(a.dtype === b.dtype, kind, `expected operands of one type, got ${a.dtype} and ${b.dtype}`);
  return broadcast(kind, a, b);
}

export function broadcast(kind: OpKind, a: ValueType, b: ValueType) {
  const shape = broadcastShapes(a.shape, b.shape);
  demand(shape !== undefined, kind, `[${a.shape}] and [${b.shape}] do not broadcast`);
  return shape;
}

/** Stores integers of any width; they wrap as the array's type does. */
function integerWriter({ data }: Tensor): (index: number, value: bigint) => void {
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    return (index, value) => {
      data[index] = value;
    };
  }
  return (index, value) => {
    data[index] = Number(BigInt.asIntN(32, value));
  };
}
