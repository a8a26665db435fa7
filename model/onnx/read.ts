/**
 * @file Reads an ONNX model into a graph.
 *
 * Phases, each of which reports all its problems before the next begins:
 * bytes, versions, names and operators; tensors and inputs; nodes. A node
 * whose operand failed is passed over in silence.
 */

import {
  type Diagnostic,
  ModelError,
  Problems,
  problem,
  UsageError,
} from "../diagnostics/diagnostic.ts";
import type { Graph, GraphOutput } from "../ir/graph.ts";
import { graphBuilder } from "../ops/index.ts";
import { decodeModel } from "./decode.ts";
import { type Importing, ImportNode } from "./import/context.ts";
import { Folder } from "./import/fold.ts";
import { importerOf } from "./import/index.ts";
import { resolveInputs } from "./inputs.ts";
import { normalizeDomain, opsetOf } from "./opset.ts";
import type { GraphProto, NodeProto } from "./proto/onnx_pb.ts";
import { placeOf, scheduleNodes } from "./schedule.ts";
import { tensorOfProto } from "./tensor.ts";
import { unsupportedOperators } from "./unsupported.ts";

export interface ReadOptions {
  /** Binds a symbolic first dimension; 1 if left out. */
  readonly batch?: number;
  /** Name of the graph, in place of the model's own. */
  readonly name?: string;
}

/**
 * The graph of an ONNX model, opsets 7 to 25.
 *
 * @throws onnx/* and graph/bad-shape via ModelError: all problems of a phase at once
 */
export function readOnnx(bytes: Uint8Array, options: ReadOptions = {}): Graph {
  checkOptions(options);
  const model = decodeModel(bytes);
  const graph = model.graph!;
  const opset = opsetOf(model);
  const problems = new Problems();
  const nodes = problems.attempt(() => scheduleNodes(graph));
  problems.add(...unsupportedOperators(model, graph, opset));
  problems.throwAll();
  const importing = startImport(graph, opset, options);
  importNodes(nodes!, importing);
  const outputs = outputsOf(graph, importing);
  const name = options.name ?? (graph.name === "" ? "model" : graph.name);
  const metadata = Object.fromEntries(model.metadataProps.map(({ key, value }) => [key, value]));
  return importing.builder.finish(name, outputs, metadata);
}

function checkOptions({ batch }: ReadOptions): void {
  if (batch === undefined || (Number.isSafeInteger(batch) && batch > 0)) return;
  throw new UsageError(
    problem("usage/bad-option", `a batch of ${batch} is impossible`, {
      at: "--batch",
      help: "give a whole number of at least 1",
    }),
  );
}

/** Inputs and initialisers, in a builder. */
function startImport(graph: GraphProto, opset: number, options: ReadOptions): Importing {
  const builder = graphBuilder();
  const values: Importing["values"] = new Map();
  const importing = { opset, builder, folder: new Folder(builder), values };
  const problems = new Problems();
  const inputs = problems.attempt(() => resolveInputs(graph, options.batch));
  for (const { name, dtype, shape } of inputs ?? []) {
    problems.attempt(() => {
      const id = located(`input "${name}"`, () => builder.input(name, dtype, shape));
      values.set(name, id);
    });
  }
  for (const proto of graph.initializer) {
    problems.attempt(() => {
      const place = `initializer "${proto.name}"`;
      const tensor = tensorOfProto(proto, place);
      const id = located(place, () => builder.constant(tensor, { name: proto.name }));
      values.set(proto.name, id);
    });
  }
  for (const { values: proto } of graph.sparseInitializer) {
    problems.add(
      problem("onnx/unsupported-type", "the initializer is sparse", {
        at: `initializer "${proto?.name ?? ""}"`,
        help: "store it as a dense tensor: zeros cost nothing after compilation",
      }),
    );
  }
  problems.throwAll();
  return importing;
}

function importNodes(nodes: readonly NodeProto[], importing: Importing): void {
  const problems = new Problems();
  const used = new Set(nodes.flatMap(node => node.input));
  for (const node of nodes) {
    const ready = node.input.every(name => name === "" || importing.values.has(name));
    if (ready) problems.attempt(() => importNode(node, importing, used));
  }
  problems.throwAll();
}

function importNode(proto: NodeProto, importing: Importing, used: ReadonlySet<string>): void {
  const place = placeOf(proto);
  const node = new ImportNode(proto, importing);
  const importer = importerOf(normalizeDomain(proto.domain), proto.opType)!;
  const outputs = located(place, () => {
    const result = importer(node);
    node.attributes.refuseUnread();
    return typeof result === "number" ? [result] : result;
  });
  for (const [index, name] of proto.output.entries()) {
    const id = outputs[index];
    if (id !== undefined) importing.values.set(name, id);
    else if (used.has(name)) throw new ModelError(unsupportedOutput(place, index, name));
  }
}

const HELP = "export the model again; onnx.shape_inference names operators that do not fit";

/** Problems that do not say where they are, are here. */
function located<R>(place: string, step: () => R): R {
  try {
    return step();
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    throw new ModelError(...error.diagnostics.map(found => ({ at: place, help: HELP, ...found })));
  }
}

function unsupportedOutput(at: string, index: number, name: string): Diagnostic {
  return problem("onnx/unsupported-attribute", `output ${index}, "${name}", is not supported`, {
    at,
    help: "export the model so that it uses the first output only",
  });
}

function outputsOf(graph: GraphProto, { values }: Importing): readonly GraphOutput[] {
  const missing = graph.output.filter(({ name }) => !values.has(name));
  if (missing.length > 0) {
    throw new ModelError(
      ...missing.map(({ name }) => unsupportedOutput(`output "${name}"`, 1, name)),
    );
  }
  return graph.output.map(({ name }) => ({ name, id: values.get(name)! }));
}
