/**
 * @file Writes a graph as an ONNX model.
 *
 * The opset is the lowest that has every type and operator in use, 17 at
 * least. Equal graphs give equal bytes.
 */

import { create, toBinary } from "@bufbuild/protobuf";
import type { DType } from "../../core/dtype.ts";
import { type Diagnostic, ModelError, problem } from "../diagnostics/diagnostic.ts";
import { type Graph, type Node, nodeAt, type ValueType } from "../ir/graph.ts";
import { elementTypeOf } from "./element-type.ts";
import { ExportGraph } from "./export/context.ts";
import { exportNode, type NodeOverride } from "./export/index.ts";
import { irVersionOf, type MICROSOFT } from "./opset.ts";
import {
  GraphProtoSchema,
  ModelProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "./proto/onnx_pb.ts";

export interface WriteOptions {
  /** Operator domains beside the standard one that readers are known to have. */
  readonly extensions?: readonly (typeof MICROSOFT)[];
  readonly producer?: string;
  readonly producerVersion?: string;
  /** Writes a node in a way of its own, for readers that are known to understand it. */
  readonly override?: NodeOverride;
}

/**
 * The bytes of an ONNX model that computes `graph`; integer ops to within their rounding.
 *
 * @throws onnx/bad-graph where names of inputs and outputs clash
 */
export function writeOnnx(graph: Graph, options: WriteOptions = {}): Uint8Array {
  const { extensions = [], producer = "tritc", producerVersion, override } = options;
  checkNames(graph);
  const opset = opsetFor(graph);
  const e = new ExportGraph(graph, { opset, extensions });
  for (const node of graph.nodes) exportNode(node, e, override);
  for (const { id, name } of graph.outputs) e.writeOutput(id, name);
  const outputs = graph.outputs.map(({ id, name }) => valueInfo(name, nodeAt(graph, id).type));
  e.finish(outputs);
  const inputs = graph.inputs.map(id => {
    const node = nodeAt(graph, id) as Node<"input">;
    return valueInfo(node.attrs.name, node.type);
  });
  const domains = new Set(e.nodes.map(node => node.domain).filter(domain => domain !== ""));
  const model = create(ModelProtoSchema, {
    irVersion: BigInt(irVersionOf(opset)),
    producerName: producer,
    ...(producerVersion === undefined ? {} : { producerVersion }),
    opsetImport: [
      { domain: "", version: BigInt(opset) },
      ...[...domains].sort().map(domain => ({ domain, version: 1n })),
    ],
    graph: create(GraphProtoSchema, {
      name: graph.name,
      node: e.nodes,
      initializer: e.initializers,
      input: inputs,
      output: outputs,
    }),
    metadataProps: Object.entries(graph.metadata).map(([key, value]) => ({ key, value })),
  });
  return toBinary(ModelProtoSchema, model);
}

/** Inputs and outputs share one space of names in ONNX; an input may be an output as it is. */
function checkNames({ nodes, inputs, outputs }: Graph): void {
  const owners = new Map(inputs.map(id => [(nodes[id] as Node<"input">).attrs.name, id]));
  const seen = new Set<string>();
  const found = outputs.flatMap(({ name, id }) => {
    const clash = seen.has(name) || (owners.get(name) ?? id) !== id;
    seen.add(name);
    return clash ? [clashOf(name)] : [];
  });
  if (found.length > 0) throw new ModelError(...found);
}

function clashOf(name: string): Diagnostic {
  return problem("onnx/bad-graph", `another input or output is named "${name}" too`, {
    at: `output "${name}"`,
    help: "give every input and output of the graph a name of its own",
  });
}

function valueInfo(name: string, { dtype, shape }: ValueType): ValueInfoProto {
  const dim = shape.map(size => ({ value: { case: "dimValue" as const, value: BigInt(size) } }));
  const value = { elemType: elementTypeOf(dtype), shape: { dim } };
  return create(ValueInfoProtoSchema, {
    name,
    type: { value: { case: "tensorType", value } },
  });
}

const BASE_OPSET = 17;

/** The first opset that knows each of these types. */
const TYPE_OPSETS: { readonly [D in DType]?: number } = { i4: 21, u4: 21, i2: 25, u2: 25 };

function opsetFor(graph: Graph): number {
  return graph.nodes.reduce((opset, node) => Math.max(opset, opsetForNode(node)), BASE_OPSET);
}

function opsetForNode(node: Node): number {
  const typed = TYPE_OPSETS[node.type.dtype] ?? BASE_OPSET;
  return Math.max(typed, opsetForOp(node));
}

/** 16-bit quantisation came with opset 21, dilated mean windows with 19. */
function opsetForOp(node: Node): number {
  const sixteen = node.type.dtype === "i16" || node.type.dtype === "u16";
  if (sixteen && node.type.quantization !== undefined) return 21;
  if (node.kind === "average-pool" || node.kind === "qaverage-pool") {
    return node.attrs.dilations.some(dilation => dilation > 1) ? 19 : BASE_OPSET;
  }
  return BASE_OPSET;
}
