/**
 * @file ONNX's element types and ours.
 *
 * Half-precision types are widened: a value that ONNX holds as FLOAT16 or
 * BFLOAT16 is f32 here, and is computed in f32.
 */

import type { DType } from "../../core/dtype.ts";
import { TensorProto_DataType as Onnx } from "./proto/onnx_pb.ts";

const READ: ReadonlyMap<number, DType> = new Map<number, DType>([
  [Onnx.FLOAT, "f32"],
  [Onnx.FLOAT16, "f32"],
  [Onnx.BFLOAT16, "f32"],
  [Onnx.DOUBLE, "f64"],
  [Onnx.INT8, "i8"],
  [Onnx.UINT8, "u8"],
  [Onnx.INT16, "i16"],
  [Onnx.UINT16, "u16"],
  [Onnx.INT32, "i32"],
  [Onnx.UINT32, "u32"],
  [Onnx.INT64, "i64"],
  [Onnx.UINT64, "u64"],
  [Onnx.INT4, "i4"],
  [Onnx.UINT4, "u4"],
  [Onnx.INT2, "i2"],
  [Onnx.UINT2, "u2"],
  [Onnx.BOOL, "bool"],
]);

const WRITTEN: { readonly [D in DType]: number } = {
  f32: Onnx.FLOAT,
  f64: Onnx.DOUBLE,
  i8: Onnx.INT8,
  u8: Onnx.UINT8,
  i16: Onnx.INT16,
  u16: Onnx.UINT16,
  i32: Onnx.INT32,
  u32: Onnx.UINT32,
  i64: Onnx.INT64,
  u64: Onnx.UINT64,
  i4: Onnx.INT4,
  u4: Onnx.UINT4,
  i2: Onnx.INT2,
  u2: Onnx.UINT2,
  bool: Onnx.BOOL,
};

/** Our type for ONNX's `code`, or `undefined` if there is none. */
export function dtypeOfElementType(code: number): DType | undefined {
  return READ.get(code);
}

/** ONNX's code for `dtype`. */
export function elementTypeOf(dtype: DType): number {
  return WRITTEN[dtype];
}

/** ONNX's name of element type `code`. */
export function elementTypeName(code: number): string {
  const entry = Object.entries(Onnx).find(([, value]) => value === code);
  return entry === undefined ? `number ${code}` : entry[0];
}
