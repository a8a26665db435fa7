/** @file Attributes of written nodes. */

import { create } from "@bufbuild/protobuf";
import {
  type AttributeProto,
  AttributeProtoSchema,
  AttributeProto_AttributeType as Kind,
} from "../proto/onnx_pb.ts";

/** An attribute's value, by its ONNX type. */
export type AttributeValue =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly ints: readonly number[] }
  | { readonly string: string };

export type Attributes = Readonly<Record<string, AttributeValue>>;

/** @param value a 0 is the default of every switch in ONNX and is not written */
export function flag(name: string, value: boolean): Attributes {
  return value ? { [name]: { int: 1 } } : {};
}

/** Nothing if `value` is the operator's default. */
export function unlessDefault(name: string, value: number, usual: number): Attributes {
  return value === usual ? {} : { [name]: { float: value } };
}

export function protoOfAttribute(name: string, value: AttributeValue): AttributeProto {
  if ("int" in value) {
    return create(AttributeProtoSchema, { name, type: Kind.INT, i: BigInt(value.int) });
  }
  if ("float" in value) {
    return create(AttributeProtoSchema, { name, type: Kind.FLOAT, f: value.float });
  }
  if ("ints" in value) {
    return create(AttributeProtoSchema, { name, type: Kind.INTS, ints: value.ints.map(BigInt) });
  }
  const s = new Uint8Array(new TextEncoder().encode(value.string));
  return create(AttributeProtoSchema, { name, type: Kind.STRING, s });
}
