/** @file Runs one backend case through the reader and the oracle. */

import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { isFloat } from "../../core/dtype.ts";
import { sameShape } from "../../core/shape.ts";
import type { Tensor } from "../../core/tensor.ts";
import { ModelError } from "../../model/diagnostics/diagnostic.ts";
import type { Graph, Node } from "../../model/ir/graph.ts";
import { readOnnx, readTensor } from "../../model/onnx/index.ts";
import {
  ModelProtoSchema,
  TensorProto_DataType,
  TensorProtoSchema,
} from "../../model/onnx/proto/onnx_pb.ts";
import { evaluate } from "../../model/ops/index.ts";
import type { BackendCase, DataSet } from "./backend-cases.ts";

/** What became of a case. */
export type Outcome =
  | { readonly kind: "passed" }
  /** Refused with diagnostics of these codes. */
  | { readonly kind: "refused"; readonly codes: readonly string[]; readonly message: string }
  | { readonly kind: "failed"; readonly message: string };

const RELATIVE = 1e-3;
const ABSOLUTE = 1e-5;

export function runCase(testCase: BackendCase): Outcome {
  try {
    for (const set of testCase.sets) {
      const message = runSet(testCase.model, set);
      if (message !== undefined) return { kind: "failed", message };
    }
    return { kind: "passed" };
  } catch (error) {
    if (!(error instanceof ModelError)) {
      return { kind: "failed", message: error instanceof Error ? error.stack! : String(error) };
    }
    return {
      kind: "refused",
      codes: [...new Set(error.diagnostics.map(({ code }) => code))],
      message: error.message,
    };
  }
}

/** What differs, or `undefined`. */
function runSet(model: Uint8Array, { inputs, outputs }: DataSet): string | undefined {
  const { graph, given } = readWith(model, inputs);
  const ports = graph.inputs.map(id => graph.nodes[id] as Node<"input">);
  const values = Object.fromEntries(
    ports.map(({ attrs: { name } }) => [name, readTensor(given.get(name)!)]),
  );
  const results = evaluate(graph, values);
  const differences = graph.outputs.flatMap(({ name }, i) => {
    const difference = differenceOf(
      results[name]!,
      readTensor(outputs[i]!),
      precisionOf(outputs[i]!),
    );
    return difference === undefined ? [] : [`output "${name}": ${difference}`];
  });
  return differences.length === 0 ? undefined : differences.join("; ");
}

interface ReadModel {
  readonly graph: Graph;
  readonly given: ReadonlyMap<string, Uint8Array>;
}

/**
 * Cases give every operand as an input of the model. Where one must be
 * constant, all but the first become initialisers, then all of them.
 */
function readWith(model: Uint8Array, inputs: readonly Uint8Array[]): ReadModel {
  const proto = fromBinary(ModelProtoSchema, model);
  const names = proto.graph!.input.map(({ name }) => name);
  const given = new Map(names.map((name, i) => [name, inputs[i]!]));
  for (const kept of [names.length, 1]) {
    try {
      return { graph: readOnnx(withConstants(model, given, kept)), given };
    } catch (error) {
      const codes = error instanceof ModelError ? error.diagnostics.map(({ code }) => code) : [];
      if (!codes.includes("onnx/dynamic-value")) throw error;
    }
  }
  return { graph: readOnnx(withConstants(model, given, 0)), given };
}

function withConstants(
  model: Uint8Array,
  given: ReadonlyMap<string, Uint8Array>,
  kept: number,
): Uint8Array {
  const proto = fromBinary(ModelProtoSchema, model);
  for (const { name } of proto.graph!.input.slice(kept)) {
    const tensor = fromBinary(TensorProtoSchema, given.get(name)!);
    proto.graph!.initializer.push(create(TensorProtoSchema, { ...tensor, name }));
  }
  return toBinary(ModelProtoSchema, proto);
}

/** Half precision is widened: recorded values are rounded where ours are not. */
function precisionOf(recorded: Uint8Array): number {
  const { dataType } = fromBinary(TensorProtoSchema, recorded);
  return dataType === TensorProto_DataType.BFLOAT16 ? 2 ** -8 : RELATIVE;
}

function differenceOf(actual: Tensor, expected: Tensor, precision: number): string | undefined {
  if (actual.dtype !== expected.dtype || !sameShape(actual.shape, expected.shape)) {
    const show = ({ dtype, shape }: Tensor): string => `${dtype}[${shape.join(",")}]`;
    return `expected ${show(expected)}, got ${show(actual)}`;
  }
  const exact = !isFloat(actual.dtype);
  for (let i = 0; i < expected.data.length; i++) {
    const [a, b] = [Number(actual.data[i]), Number(expected.data[i])];
    const near = Math.abs(a - b) <= ABSOLUTE + precision * Math.abs(b);
    if (!Object.is(a, b) && a !== b && (exact || !near)) return `element ${i} is ${a}, not ${b}`;
  }
  return undefined;
}
