/**
 * @file TensorProto, to and from our tensors.
 *
 * Read: `raw_data` or the typed fields, packed sub-byte integers, half
 * precision widened to f32. Written: always `raw_data`. Both are
 * little-endian, as are the machines that this runs on.
 */

import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { type ArrayOf, allocate, type DType, dtypeBits, isBig } from "../../core/dtype.ts";
import { elementCount, type Shape } from "../../core/shape.ts";
import { bytesOf, type Tensor, tensor } from "../../core/tensor.ts";
import { ModelError, problem } from "../diagnostics/diagnostic.ts";
import { dtypeOfElementType, elementTypeName, elementTypeOf } from "./element-type.ts";
import { bfloatToNumber, halfToNumber, packBits, unpackBits } from "./packing.ts";
import {
  TensorProto_DataType as Onnx,
  type TensorProto,
  TensorProto_DataLocation,
  TensorProtoSchema,
} from "./proto/onnx_pb.ts";

/** Reads a file that holds one TensorProto. @throws onnx/not-onnx, and as `tensorOfProto` */
export function readTensor(bytes: Uint8Array): Tensor {
  let proto: TensorProto;
  try {
    proto = fromBinary(TensorProtoSchema, bytes);
  } catch {
    throw new ModelError(
      problem("onnx/not-onnx", "the bytes are not an ONNX tensor", {
        help: "give a TensorProto file, such as input_0.pb of a test data set",
      }),
    );
  }
  return tensorOfProto(proto);
}

/** The bytes of a TensorProto. */
export function writeTensor(t: Tensor, name = ""): Uint8Array {
  return toBinary(TensorProtoSchema, protoOfTensor(t, name));
}

/** @throws onnx/external-data, onnx/unsupported-type, onnx/bad-tensor */
export function tensorOfProto(proto: TensorProto, at = placeOf(proto)): Tensor {
  refuseForeignStorage(proto, at);
  const dtype = dtypeOfElementType(proto.dataType);
  if (dtype === undefined) {
    throw new ModelError(
      problem(
        "onnx/unsupported-type",
        `element type ${elementTypeName(proto.dataType)} is not supported`,
        { at, help: "export the model with float, integer or boolean tensors" },
      ),
    );
  }
  const shape = shapeOf(proto, at);
  if (proto.rawData.length > 0) return fromRaw(proto, dtype, shape, at);
  return fromTyped(proto, dtype, shape, at);
}

function placeOf(proto: TensorProto): string {
  return proto.name === "" ? "tensor" : `tensor "${proto.name}"`;
}

function refuseForeignStorage(proto: TensorProto, at: string): void {
  if (proto.dataLocation === TensorProto_DataLocation.EXTERNAL || proto.externalData.length > 0) {
    const location = proto.externalData.find(entry => entry.key === "location")?.value;
    throw new ModelError(
      problem("onnx/external-data", "the tensor's data is in another file", {
        at,
        notes: location === undefined ? [] : [`the data is in "${location}"`],
        help: "save the model as one file: onnx.save(model, path, save_as_external_data=False)",
      }),
    );
  }
  if (proto.segment !== undefined) {
    throw new ModelError(
      problem("onnx/unsupported-type", "the tensor is stored in segments", {
        at,
        help: "save the tensor in one piece",
      }),
    );
  }
}

function shapeOf(proto: TensorProto, at: string): Shape {
  const shape = proto.dims.map(Number);
  if (shape.every(dim => dim >= 0) && Number.isSafeInteger(elementCount(shape))) return shape;
  throw badTensor(`the shape [${shape.join(",")}] is impossible`, at);
}

function badTensor(message: string, at: string): ModelError {
  return new ModelError(
    problem("onnx/bad-tensor", message, {
      at,
      help: "the file is damaged or was written wrongly: export it again",
    }),
  );
}

function fromRaw(proto: TensorProto, dtype: DType, shape: Shape, at: string): Tensor {
  const count = elementCount(shape);
  const half = isHalf(proto.dataType);
  const bits = half ? 16 : dtypeBits(dtype);
  const size = Math.ceil((count * bits) / 8);
  const raw = proto.rawData;
  if (raw.length !== size) {
    const shown = `${elementTypeName(proto.dataType)}[${shape.join(",")}]`;
    throw badTensor(`${raw.length} bytes of data, but ${shown} needs ${size}`, at);
  }
  if (half) return ofNumbers("f32", shape, halves(proto.dataType, new Uint16Array(aligned(raw))));
  if (bits < 8) return ofNumbers(dtype, shape, unpackBits(raw, count, bits, isSigned(dtype)));
  const data = allocate(dtype, count);
  new Uint8Array(data.buffer).set(raw);
  return tensor(dtype, shape, data as ArrayOf[DType]);
}

function isHalf(elementType: number): boolean {
  return elementType === Onnx.FLOAT16 || elementType === Onnx.BFLOAT16;
}

function isSigned(dtype: DType): boolean {
  return dtype.startsWith("i");
}

/** A copy in a buffer of its own, so that wider views can be laid over it. */
function aligned(raw: Uint8Array): ArrayBuffer {
  return new Uint8Array(raw).buffer;
}

function halves(elementType: number, bits: ArrayLike<number>): number[] {
  return Array.from(bits, elementType === Onnx.FLOAT16 ? halfToNumber : bfloatToNumber);
}

function ofNumbers(dtype: DType, shape: Shape, values: ArrayLike<number>): Tensor {
  const data = allocate(dtype, values.length) as Exclude<
    ArrayOf[DType],
    BigInt64Array | BigUint64Array
  >;
  data.set(values);
  return tensor(dtype, shape, data as ArrayOf[DType]);
}

function fromTyped(proto: TensorProto, dtype: DType, shape: Shape, at: string): Tensor {
  const values = typedValues(proto, dtype);
  const count = elementCount(shape);
  const bits = dtypeBits(dtype);
  const entries = bits < 8 ? Math.ceil((count * bits) / 8) : count;
  if (values.length !== entries) {
    const shown = `${elementTypeName(proto.dataType)}[${shape.join(",")}]`;
    throw badTensor(`${values.length} values of data, but ${shown} needs ${entries}`, at);
  }
  if (isBig(dtype)) {
    const data = allocate(dtype, count) as BigInt64Array | BigUint64Array;
    data.set(values as bigint[]);
    return tensor(dtype, shape, data as ArrayOf[DType]);
  }
  const numbers = dtype === "u32" ? values.map(Number) : (values as number[]);
  if (isHalf(proto.dataType)) return ofNumbers("f32", shape, halves(proto.dataType, numbers));
  if (bits < 8) {
    return ofNumbers(
      dtype,
      shape,
      unpackBits(Uint8Array.from(numbers), count, bits, isSigned(dtype)),
    );
  }
  return ofNumbers(dtype, shape, numbers);
}

function typedValues(proto: TensorProto, dtype: DType): readonly (number | bigint)[] {
  if (dtype === "f32") return isHalf(proto.dataType) ? proto.int32Data : proto.floatData;
  if (dtype === "f64") return proto.doubleData;
  if (dtype === "i64") return proto.int64Data;
  if (dtype === "u32" || dtype === "u64") return proto.uint64Data;
  return proto.int32Data;
}

export function protoOfTensor(t: Tensor, name: string): TensorProto {
  const bits = dtypeBits(t.dtype);
  const proto = create(TensorProtoSchema, {
    dims: t.shape.map(BigInt),
    dataType: elementTypeOf(t.dtype),
    rawData: new Uint8Array(bits < 8 ? packBits(t.data as ArrayLike<number>, bits) : bytesOf(t)),
  });
  if (name !== "") proto.name = name;
  return proto;
}
