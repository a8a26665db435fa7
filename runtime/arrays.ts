/** @file The typed arrays of a module's inputs and outputs. */

import type { Port } from "../core/abi.ts";
import { RunError } from "./error.ts";

const ARRAYS = {
  f32: Float32Array,
  i8: Int8Array,
  u8: Uint8Array,
  i32: Int32Array,
  i64: BigInt64Array,
  bool: Uint8Array,
} as const;

export type DataArray = Float32Array | Int8Array | Uint8Array | Int32Array | BigInt64Array;

/** Data with its shape, which is then checked. */
export interface TensorLike<A extends DataArray = DataArray> {
  readonly data: A;
  readonly shape: readonly number[];
}

/** The elements of `port`, at `address` of the module's memory: a view, not a copy. */
export function viewOf(
  memory: ArrayBuffer,
  address: number,
  { name, dtype, shape }: Port,
): DataArray {
  const array = ARRAYS[dtype as keyof typeof ARRAYS] as (typeof ARRAYS)["u8"] | undefined;
  if (array === undefined) {
    throw new RunError("run/not-tritc", name, Object.keys(ARRAYS).join(" or "), dtype);
  }
  const count = shape.reduce((product, dim) => product * dim, 1);
  const end = address + count * array.BYTES_PER_ELEMENT;
  if (end > memory.byteLength) {
    throw new RunError("run/not-tritc", name, `at most ${memory.byteLength} bytes`, `${end}`);
  }
  return new array(memory, address, count);
}

/** Copies `value` into `target`, the view of `port`. Nothing is converted. */
export function write(target: DataArray, port: Port, value: unknown): void {
  const { data, shape } = ArrayBuffer.isView(value)
    ? { data: value, shape: undefined }
    : ((value ?? {}) as Partial<TensorLike>);
  if (!(data instanceof target.constructor)) {
    throw new RunError(
      "run/wrong-dtype",
      label(port),
      target.constructor.name,
      nameOf(data ?? value),
    );
  }
  const array = data as DataArray;
  const asked = port.shape.join(", ");
  if (array.length !== target.length || (shape !== undefined && shape.join(", ") !== asked)) {
    const got = `[${shape?.join(", ") ?? `${array.length} elements`}]`;
    throw new RunError("run/wrong-shape", label(port), `[${asked}]`, got);
  }
  (target as Uint8Array).set(array as Uint8Array);
}

function label(port: Port): string {
  return `input "${port.name}"`;
}

function nameOf(value: unknown): string {
  return typeof value === "object" && value !== null ? value.constructor.name : String(value);
}
