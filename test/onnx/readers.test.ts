/** @file Written models, seen by ONNX schemas that are not ours; and what those write, read by us. */

import { readFileSync } from "node:fs";
import { fromBinary, toBinary, toJson } from "@bufbuild/protobuf";
import { ModelProtoSchema as BufModelSchema } from "onnx-buf";
import * as onnxProto from "onnx-proto";
import { describe, expect, test } from "vitest";
import { readOnnx, writeOnnx } from "../../model/onnx/index.ts";
import { ModelProtoSchema } from "../../model/onnx/proto/onnx_pb.ts";
import { GENERATED_PROTO, generateProto } from "../../scripts/generate-proto.ts";
import { absent, readOriginal } from "../data/originals.ts";
import { opGraphs } from "./op-graphs.ts";

/** Everything in the model, with field names and enumerators spelt out. */
function ours(bytes: Uint8Array): unknown {
  return toJson(ModelProtoSchema, fromBinary(ModelProtoSchema, bytes));
}

function onnxBuf(bytes: Uint8Array): unknown {
  return toJson(BufModelSchema, fromBinary(BufModelSchema, bytes));
}

/** Frozen at opset 15: newer element types are numbers to it. */
function frozen(bytes: Uint8Array): unknown {
  const { ModelProto } = onnxProto.onnx;
  return ModelProto.toObject(ModelProto.decode(bytes), {
    longs: String,
    bytes: String,
    enums: String,
  });
}

const models = opGraphs().map(({ title, graph }) => [title, writeOnnx(graph)] as const);

test("the generated schema is that of onnx.proto", () => {
  expect(readFileSync(GENERATED_PROTO, "utf8")).toBe(generateProto());
});

describe("independent readers see what was written", () => {
  test.each(models)("onnx-buf: %s", (_, bytes) => {
    expect(onnxBuf(bytes)).toEqual(ours(bytes));
  });

  test.each(models)("onnx-proto: %s", (_, bytes) => {
    expect(frozen(bytes)).toEqual(ours(bytes));
  });
});

test.skipIf(absent("models/mnist-8"))("what others write again is read alike", () => {
  const original = readOriginal("models/mnist-8/model.onnx");
  const expected = writeOnnx(readOnnx(original));
  const { ModelProto } = onnxProto.onnx;
  const copies = [
    toBinary(BufModelSchema, fromBinary(BufModelSchema, original)),
    ModelProto.encode(ModelProto.decode(original)).finish(),
  ];
  for (const copy of copies) {
    expect(Buffer.from(writeOnnx(readOnnx(copy))).equals(expected)).toBe(true);
  }
});
