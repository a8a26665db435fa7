/**
 * @file Reads an ONNX model into a graph.
 *
 * Phases, each of which reports all its problems before the next begins:
 * bytes, versions, names and operators; tensors and inputs; nodes. A node
 * whose operand failed is passed over in silence.
 */

import { type Diagnostic, ModelError, problem, UsageError } from "../diagnostics/diagnostic.ts";
import type { Graph, GraphOutput } from "../ir/graph.ts";
import { graphBuilder } from "../ops/index.ts";
import { decodeModel } from "./decode.ts";
import { type Importing, ImportNode } from "./import/context.ts";
import { Folder } from "./import/fold.ts";
import { importerOf } from "./import/index.ts";
import { type ModelInput, resolveInputs } from "./inputs.ts";
import { normalizeDomain, opsetOf } from "./opset.ts";
import type { GraphProto, ModelProto, NodeProto } from "./proto/onnx_pb.ts";
import { placeOf, scheduleNodes } from "./schedule.ts";
import { tensorOfProto } from "./tensor.ts";

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
  const nodes = allOf<readonly NodeProto[]>(
    () => scheduleNodes(graph),
    () => refuseUnsupported(model, graph, opset),
  )[0]!;
  const importing = startImport(graph, opset, options);
  importNodes(nodes, importing);
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

/** Runs every step and throws the problems of all together. */
function allOf<R>(...steps: readonly (() => R | undefined)[]): readonly (R | undefined)[] {
  const found: Diagnostic[] = [];
  const results = steps.map(step => gather(found, step));
  if (found.length > 0) throw new ModelError(...found);
  return results;
}

/** The result of `step`, or `undefined` after noting its problems in `found`. */
function gather<R>(found: Diagnostic[], step: () => R): R | undefined {
  try {
    return step();
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    found.push(...error.diagnostics);
    return undefined;
  }
}

/** One problem per operator, with its nodes. */
function refuseUnsupported(model: ModelProto, graph: GraphProto, opset: number): undefined {
  const byOperator = new Map<string, NodeProto[]>();
  for (const node of graph.node) {
    const domain = normalizeDomain(node.domain);
    if (importerOf(domain, node.opType) !== undefined) continue;
    const key = domain === "" ? node.opType : `${domain}.${node.opType}`;
    byOperator.set(key, [...(byOperator.get(key) ?? []), node]);
  }
  if (byOperator.size === 0) return undefined;
  throw new ModelError(
    ...[...byOperator].map(([key, nodes]) => unsupportedOp(model, opset, key, nodes)),
  );
}

/** More nodes than this are counted, not listed. */
const MAX_LISTED = 8;

function unsupportedOp(
  model: ModelProto,
  opset: number,
  key: string,
  nodes: readonly NodeProto[],
): Diagnostic {
  const first = nodes[0]!;
  const version = normalizeDomain(first.domain) === "" ? ` (opset ${opset})` : "";
  const local = model.functions.some(
    ({ name, domain }) => name === first.opType && domain === first.domain,
  );
  const hasBody = first.attribute.some(({ g, graphs }) => g !== undefined || graphs.length > 0);
  const more = nodes.length > MAX_LISTED ? [`and ${nodes.length - MAX_LISTED} more`] : [];
  return problem("onnx/unsupported-op", `operator "${key}"${version} is not supported`, {
    at: placeOf(first),
    notes: [
      `${nodes.length} ${nodes.length === 1 ? "node" : "nodes"} in this model:`,
      ...nodes.slice(0, MAX_LISTED).map(placeOf),
      ...more,
    ],
    help: wayAround(local, hasBody),
  });
}

function wayAround(local: boolean, hasBody: boolean): string {
  if (local) return "the model defines the operator itself: inline it with onnx.inliner";
  if (hasBody) return "export without control flow: tritc compiles straight-line networks";
  return "write the layer with supported operators, or cut it off and compute it outside";
}

/** Inputs and initialisers, in a builder. */
function startImport(graph: GraphProto, opset: number, options: ReadOptions): Importing {
  const builder = graphBuilder();
  const values: Importing["values"] = new Map();
  const importing = { opset, builder, folder: new Folder(builder), values };
  const found: Diagnostic[] = [];
  const inputs = gather<readonly ModelInput[]>(found, () => resolveInputs(graph, options.batch));
  for (const { name, dtype, shape } of inputs ?? []) {
    gather(found, () => {
      const id = located(`input "${name}"`, () => builder.input(name, dtype, shape));
      values.set(name, id);
    });
  }
  for (const proto of graph.initializer) {
    gather(found, () => {
      const place = `initializer "${proto.name}"`;
      const tensor = tensorOfProto(proto, place);
      const id = located(place, () => builder.constant(tensor, { name: proto.name }));
      values.set(proto.name, id);
    });
  }
  for (const { values: proto } of graph.sparseInitializer) {
    found.push(
      problem("onnx/unsupported-type", "the initializer is sparse", {
        at: `initializer "${proto?.name ?? ""}"`,
        help: "store it as a dense tensor: zeros cost nothing after compilation",
      }),
    );
  }
  if (found.length > 0) throw new ModelError(...found);
  return importing;
}

function importNodes(nodes: readonly NodeProto[], importing: Importing): void {
  const found: Diagnostic[] = [];
  const used = new Set(nodes.flatMap(node => node.input));
  for (const node of nodes) {
    const ready = node.input.every(name => name === "" || importing.values.has(name));
    if (ready) gather(found, () => importNode(node, importing, used));
  }
  if (found.length > 0) throw new ModelError(...found);
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
