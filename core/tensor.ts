/** @file A dense tensor: element type, shape and row-major data. */

import { type ArrayOf, allocate, type DType, type TensorData } from "./dtype.ts";
import { elementCount, type Shape, sameShape } from "./shape.ts";

export interface Tensor<D extends DType = DType> {
  readonly dtype: D;
  readonly shape: Shape;
  /** Row-major; sub-byte types hold one element per byte. */
  readonly data: ArrayOf[D];
}

/** Wraps `data`; throws `RangeError` if its length does not match `shape`. */
export function tensor<D extends DType>(dtype: D, shape: Shape, data: ArrayOf[D]): Tensor<D> {
  if (data.length !== elementCount(shape)) {
    throw new RangeError(`${data.length} elements do not fill ${dtype}[${shape.join(",")}]`);
  }
  return { dtype, shape, data };
}

/** A tensor from plain numbers, converted to `dtype` as typed arrays do. */
export function tensorOf<D extends DType>(
  dtype: D,
  shape: Shape,
  values: Iterable<number>,
): Tensor<D> {
  const data: TensorData = allocate(dtype, elementCount(shape));
  let index = 0;
  for (const value of values) setNumber(data, index++, value);
  if (index !== data.length) {
    throw new RangeError(`${index} values do not fill ${dtype}[${shape.join(",")}]`);
  }
  return { dtype, shape, data: data as ArrayOf[D] };
}

/** A zeroed tensor. */
export function zeros<D extends DType>(dtype: D, shape: Shape): Tensor<D> {
  return { dtype, shape, data: allocate(dtype, elementCount(shape)) };
}

/** All elements as numbers; 64-bit integers beyond 2^53 lose their low bits. */
export function toNumbers(t: Tensor): number[] {
  return Array.from(t.data as ArrayLike<number | bigint>, Number);
}

/** Element `index` as a number. */
export function numberAt(t: Tensor, index: number): number {
  return Number(t.data[index]);
}

/** The same data under another shape with as many elements. */
export function reshaped<D extends DType>(t: Tensor<D>, shape: Shape): Tensor<D> {
  return tensor(t.dtype, shape, t.data);
}

/** Bytes of `t.data`, without a copy. */
export function bytesOf(t: Tensor): Uint8Array {
  return new Uint8Array(t.data.buffer, t.data.byteOffset, t.data.byteLength);
}

export function isTensor(value: unknown): value is Tensor {
  if (typeof value !== "object" || value === null) return false;
  return "dtype" in value && "data" in value && ArrayBuffer.isView(value.data);
}

/** Same type, shape and bits (every NaN equals every NaN; −0 differs from 0). */
export function sameTensor(a: Tensor, b: Tensor): boolean {
  if (a.dtype !== b.dtype || !sameShape(a.shape, b.shape)) return false;
  for (let i = 0; i < a.data.length; i++) if (!Object.is(a.data[i], b.data[i])) return false;
  return true;
}

/** Writes a number into an array of any element type, 64-bit ones included. */
export function setNumber(data: TensorData, index: number, value: number): void {
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    data[index] = BigInt(Math.trunc(value));
  } else {
    data[index] = value;
  }
}
