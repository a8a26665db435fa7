/** @file Small ONNX models written by hand, right or wrong. */

import { create, toBinary } from "@bufbuild/protobuf";
import type { Tensor } from "../../core/tensor.ts";
import { type AttributeValue, protoOfAttribute } from "../../model/onnx/export/attributes.ts";
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  NodeProtoSchema,
  type TensorProto,
  TensorProto_DataType,
  ValueInfoProtoSchema,
} from "../../model/onnx/proto/onnx_pb.ts";
import { protoOfTensor } from "../../model/onnx/tensor.ts";

/** A number is a size, a string a symbol. */
export type Dim = number | string;

export interface NodeSketch {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, AttributeValue | Tensor>>;
  readonly name?: string;
  readonly domain?: string;
}

export interface ModelSketch {
  readonly opset?: number;
  readonly inputs?: Readonly<Record<string, readonly Dim[]>>;
  /** Element type of all inputs; FLOAT unless told. */
  readonly elementType?: number;
  readonly initializers?: Readonly<Record<string, Tensor | TensorProto>>;
  readonly nodes?: readonly NodeSketch[];
  readonly outputs?: readonly string[];
  /** Anything else, at the end. */
  readonly edit?: (model: ModelProto) => void;
}

/** The bytes of a model; its outputs are those of the last node unless told. */
export function makeModel(sketch: ModelSketch): Uint8Array {
  return toBinary(ModelProtoSchema, makeModelProto(sketch));
}

export function makeModelProto(sketch: ModelSketch): ModelProto {
  const { opset = 17, inputs = {}, initializers = {}, nodes = [] } = sketch;
  const elementType = sketch.elementType ?? TensorProto_DataType.FLOAT;
  const outputs = sketch.outputs ?? nodes.at(-1)?.outputs ?? [];
  const model = create(ModelProtoSchema, {
    irVersion: 8n,
    opsetImport: [
      { domain: "", version: BigInt(opset) },
      { domain: "com.microsoft", version: 1n },
    ],
    graph: {
      name: "sketch",
      node: nodes.map(nodeOf),
      input: Object.entries(inputs).map(([name, dims]) => inputOf(name, dims, elementType)),
      output: outputs.map(name => create(ValueInfoProtoSchema, { name })),
      initializer: Object.entries(initializers).map(([name, t]) =>
        "$typeName" in t ? { ...t, name } : protoOfTensor(t, name),
      ),
    },
  });
  sketch.edit?.(model);
  return model;
}

function inputOf(name: string, dims: readonly Dim[], elemType: number) {
  const dim = dims.map(size =>
    typeof size === "number"
      ? { value: { case: "dimValue" as const, value: BigInt(size) } }
      : { value: { case: "dimParam" as const, value: size } },
  );
  const value = { elemType, shape: { dim } };
  return create(ValueInfoProtoSchema, { name, type: { value: { case: "tensorType", value } } });
}

function nodeOf({ op, inputs, outputs, attributes = {}, name = "", domain = "" }: NodeSketch) {
  return create(NodeProtoSchema, {
    opType: op,
    input: [...inputs],
    output: [...outputs],
    attribute: Object.entries(attributes).map(([key, value]) =>
      "dtype" in value
        ? create(AttributeProtoSchema, {
            name: key,
            type: AttributeProto_AttributeType.TENSOR,
            t: protoOfTensor(value, ""),
          })
        : protoOfAttribute(key, value),
    ),
    ...(name === "" ? {} : { name }),
    ...(domain === "" ? {} : { domain }),
  });
}
