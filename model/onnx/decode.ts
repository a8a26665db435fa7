/**
 * @file Bytes to ModelProto, with a diagnosis where the bytes are none.
 *
 * Protobuf has no magic number, so the outermost fields are walked first: that
 * tells a foreign file from a model that was cut off.
 */

import { fromBinary } from "@bufbuild/protobuf";
import { type Diagnostic, ModelError, problem } from "../diagnostics/diagnostic.ts";
import { normalizeDomain } from "./opset.ts";
import { type ModelProto, ModelProtoSchema } from "./proto/onnx_pb.ts";

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/** Wire types of the fields of ModelProto, by field number. */
const MODEL_FIELDS: ReadonlyMap<number, number> = new Map([
  [1, VARINT],
  [2, LENGTH_DELIMITED],
  [3, LENGTH_DELIMITED],
  [4, LENGTH_DELIMITED],
  [5, VARINT],
  [6, LENGTH_DELIMITED],
  [7, LENGTH_DELIMITED],
  [8, LENGTH_DELIMITED],
  [14, LENGTH_DELIMITED],
  [20, LENGTH_DELIMITED],
  [25, LENGTH_DELIMITED],
  [26, LENGTH_DELIMITED],
]);

/** @throws onnx/not-onnx, onnx/truncated */
export function decodeModel(bytes: Uint8Array): ModelProto {
  const fault = outerFault(bytes);
  if (fault !== undefined) throw new ModelError(fault);
  let model: ModelProto;
  try {
    model = fromBinary(ModelProtoSchema, bytes);
  } catch (error) {
    throw new ModelError(
      notOnnx("the file begins like an ONNX model, but its content cannot be decoded", [
        `the decoder says: ${error instanceof Error ? error.message : String(error)}`,
      ]),
    );
  }
  if (model.graph === undefined) {
    throw new ModelError(
      model.irVersion > 0 ? truncated("no graph") : notOnnx("the file holds no graph"),
    );
  }
  return model;
}

/** What is wrong with the outermost fields, if anything is. */
function outerFault(bytes: Uint8Array): Diagnostic | undefined {
  if (bytes.length === 0) return notOnnx("the file is empty");
  let at = 0;
  while (at < bytes.length) {
    const tag = varint(bytes, at);
    if (tag === undefined) return truncated(`a field that begins at byte ${at}`);
    const wireType = tag.value % 8;
    const expected = MODEL_FIELDS.get(Math.floor(tag.value / 8));
    if (at === 0 && expected === undefined) return notOnnx(`the file is ${guessFormat(bytes)}`);
    if (expected !== undefined && expected !== wireType) {
      return notOnnx(at === 0 ? `the file is ${guessFormat(bytes)}` : `byte ${at} is not a field`);
    }
    const next = skip(bytes, tag.next, wireType);
    if (next === undefined) return notOnnx(`byte ${at} is not a field`);
    if (next > bytes.length) return truncated(`a part of at least ${next - bytes.length} bytes`);
    at = next;
  }
  return undefined;
}

function varint(bytes: Uint8Array, from: number): { value: number; next: number } | undefined {
  let value = 0;
  for (let i = 0; i < 10; i++) {
    const byte = bytes[from + i];
    if (byte === undefined) return undefined;
    value += (byte & 127) * 2 ** (7 * i);
    if (byte < 128) return { value, next: from + i + 1 };
  }
  return { value: Infinity, next: from + 10 };
}

/** Where the field ends, past the end of `bytes` if it is cut off; `undefined` if it is no field. */
function skip(bytes: Uint8Array, from: number, wireType: number): number | undefined {
  if (wireType === FIXED64) return from + 8;
  if (wireType === FIXED32) return from + 4;
  if (wireType !== VARINT && wireType !== LENGTH_DELIMITED) return undefined;
  const number = varint(bytes, from);
  if (number === undefined) return bytes.length + 1;
  return wireType === VARINT ? number.next : number.next + number.value;
}

const SIGNATURES: readonly (readonly [bytes: readonly number[], what: string])[] = [
  [[0x89, 0x50, 0x4e, 0x47], "a PNG image"],
  [[0xff, 0xd8, 0xff], "a JPEG image"],
  [[0x50, 0x4b, 0x03, 0x04], "a zip archive (perhaps a PyTorch or Keras model)"],
  [[0x00, 0x61, 0x73, 0x6d], "a WebAssembly module"],
  [[0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59], "a .npy array"],
  [[0x89, 0x48, 0x44, 0x46], "an HDF5 file (perhaps a Keras model)"],
  [[0x1f, 0x8b], "gzip-compressed"],
  [[0x80, 0x02], "a Python pickle"],
];

function guessFormat(bytes: Uint8Array): string {
  const known = SIGNATURES.find(([start]) => start.every((byte, i) => bytes[i] === byte));
  if (known !== undefined) return known[1];
  if (String.fromCharCode(...bytes.subarray(4, 8)) === "TFL3") return "a TensorFlow Lite model";
  const head = bytes.subarray(0, 64);
  const isText = head.every(byte => byte >= 32 || byte === 9 || byte === 10 || byte === 13);
  return isText ? "text" : "in no format that tritc knows";
}

function notOnnx(message: string, notes: readonly string[] = []): Diagnostic {
  return problem("onnx/not-onnx", message, {
    notes,
    help: "export the network to ONNX, for example with torch.onnx.export or tf2onnx",
  });
}

function truncated(missing: string): Diagnostic {
  return problem("onnx/truncated", `the file ends too early: ${missing} is missing`, {
    help: "copy or download the file again; with Git LFS, run git lfs pull",
  });
}

/** How often each operator occurs in the model. */
interface OperatorCount {
  readonly op: string;
  /** Empty for the standard operators. */
  readonly domain: string;
  readonly count: number;
}

/** The operators of a model, supported or not, by domain and name. @throws as `decodeModel` */
export function listOperators(bytes: Uint8Array): readonly OperatorCount[] {
  const counts = new Map<string, OperatorCount>();
  for (const node of decodeModel(bytes).graph?.node ?? []) {
    const domain = normalizeDomain(node.domain);
    const key = `${domain}/${node.opType}`;
    const count = (counts.get(key)?.count ?? 0) + 1;
    counts.set(key, { op: node.opType, domain, count });
  }
  return [...counts.keys()].sort().map(key => counts.get(key)!);
}
