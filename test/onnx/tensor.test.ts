/** @file TensorProto in all its storage forms. */

import { create, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DTYPES, dtypeRange } from "../../core/dtype.ts";
import { sameTensor, tensorOf, toNumbers } from "../../core/tensor.ts";
import { readTensor, writeTensor } from "../../model/onnx/index.ts";
import {
  type TensorProto,
  TensorProto_DataLocation,
  TensorProtoSchema,
  TensorProto_DataType as Type,
} from "../../model/onnx/proto/onnx_pb.ts";
import { codesOf } from "../errors/diagnostics.ts";

type Fields = Partial<Omit<TensorProto, "$typeName" | "$unknown" | "segment" | "externalData">>;

function read(fields: Fields) {
  return readTensor(toBinary(TensorProtoSchema, create(TensorProtoSchema, fields)));
}

test("every type survives writing and reading", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...DTYPES),
      fc.array(fc.integer({ min: -300, max: 300 }), { maxLength: 20 }),
      (dtype, integers) => {
        const { min, max } = dtypeRange(dtype);
        const values = integers.map(value => Math.min(Math.max(value, min), max));
        const t = tensorOf(dtype, [values.length], values);
        expect(sameTensor(readTensor(writeTensor(t)), t)).toBe(true);
      },
    ),
  );
});

describe("typed fields", () => {
  const cases: readonly (readonly [string, Fields, readonly number[]])[] = [
    ["FLOAT", { dataType: Type.FLOAT, floatData: [1.5, -2] }, [1.5, -2]],
    ["DOUBLE", { dataType: Type.DOUBLE, doubleData: [1.5, -2] }, [1.5, -2]],
    ["INT8", { dataType: Type.INT8, int32Data: [-128, 127] }, [-128, 127]],
    ["BOOL", { dataType: Type.BOOL, int32Data: [1, 0] }, [1, 0]],
    ["INT64", { dataType: Type.INT64, int64Data: [-5n, 7n] }, [-5, 7]],
    ["UINT32", { dataType: Type.UINT32, uint64Data: [4294967295n, 0n] }, [4294967295, 0]],
    ["FLOAT16", { dataType: Type.FLOAT16, int32Data: [0x3c00, 0xc000] }, [1, -2]],
    ["BFLOAT16", { dataType: Type.BFLOAT16, int32Data: [0x3f80, 0xc000] }, [1, -2]],
    ["INT4", { dataType: Type.INT4, int32Data: [0xf7] }, [7, -1]],
    ["UINT4", { dataType: Type.UINT4, int32Data: [0xf7] }, [7, 15]],
    ["INT2", { dataType: Type.INT2, int32Data: [0b1101] }, [1, -1]],
    ["UINT2", { dataType: Type.UINT2, int32Data: [0b1101] }, [1, 3]],
  ];
  test.each(cases)("%s", (_, fields, values) => {
    expect(toNumbers(read({ dims: [2n], ...fields }))).toEqual(values);
  });
});

describe("raw data", () => {
  const cases: readonly (readonly [string, number, readonly number[], readonly number[]])[] = [
    [
      "FLOAT16, subnormal, infinite and not a number",
      Type.FLOAT16,
      [1, 0, 0, 0x7c, 1, 0x7e, 0, 0x80],
      [2 ** -24, Infinity, Number.NaN, -0],
    ],
    ["INT4, an odd number", Type.INT4, [0x21, 0x0f], [1, 2, -1]],
    ["INT2, first in the lowest bits", Type.INT2, [0b11_01_00_10, 0b01], [-2, 0, 1, -1, 1]],
    ["INT64", Type.INT64, [1, 0, 0, 0, 0, 0, 0, 0], [1]],
  ];
  test.each(cases)("%s", (_, dataType, bytes, values) => {
    const t = read({ dims: [BigInt(values.length)], dataType, rawData: Uint8Array.from(bytes) });
    expect(toNumbers(t)).toEqual(values);
  });
});

describe("refused", () => {
  const one = { dims: [1n], dataType: Type.FLOAT };
  const cases: readonly (readonly [string, string, Fields])[] = [
    ["bytes that do not fill the shape", "onnx/bad-tensor", { ...one, rawData: new Uint8Array(3) }],
    ["values that do not fill the shape", "onnx/bad-tensor", { ...one, floatData: [1, 2] }],
    ["no values at all", "onnx/bad-tensor", one],
    ["a negative dimension", "onnx/bad-tensor", { ...one, dims: [-1n], floatData: [1] }],
    ["a shape beyond all bounds", "onnx/bad-tensor", { ...one, dims: [2n ** 40n, 2n ** 40n] }],
    ["text", "onnx/unsupported-type", { ...one, dataType: Type.STRING }],
    ["an unknown type", "onnx/unsupported-type", { ...one, dataType: 99 }],
    [
      "data in another file",
      "onnx/external-data",
      { ...one, dataLocation: TensorProto_DataLocation.EXTERNAL },
    ],
  ];
  test.each(cases)("%s", (_, code, fields) => {
    expect(codesOf(() => read(fields))).toEqual([code]);
  });

  test("bytes that are no tensor", () => {
    expect(codesOf(() => readTensor(Uint8Array.of(0xff, 0xff, 0xff)))).toEqual(["onnx/not-onnx"]);
  });
});
