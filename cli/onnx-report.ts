/** @file What an ONNX model holds, as tritc reads it. */

import type { Port } from "../core/abi.ts";
import { sparsityOf } from "../core/ternary.ts";
import type { Graph, Node, NodeId, OpKind } from "../model/ir/graph.ts";
import { inputPorts, portOf, readModel } from "./onnx-model.ts";

/** Operators with weights as their second operand. */
const LAYERS: ReadonlySet<OpKind> = new Set(["conv", "conv-transpose", "gemm", "matmul"]);
/** Between a layer and the constant that holds its weights. */
const UNWRAPPED: ReadonlySet<OpKind> = new Set(["dequantize", "transpose", "reshape", "cast"]);

export interface OnnxLayer {
  readonly name: string;
  readonly kind: string;
  /** Element type of the weights. */
  readonly dtype: string;
  readonly weightCount: number;
  readonly sparsity: number;
}

export interface OnnxReport {
  readonly kind: "onnx";
  readonly name: string;
  readonly bytes: number;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly weightCount: number;
  readonly operators: readonly { readonly kind: string; readonly count: number }[];
  readonly layers: readonly OnnxLayer[];
}

export function inspectOnnx(bytes: Uint8Array, path: string, batch?: number): OnnxReport {
  const graph = readModel(bytes, path, batch);
  const layers = graph.nodes.flatMap(node => layerOf(graph, node));
  return {
    kind: "onnx",
    name: graph.name,
    bytes: bytes.length,
    inputs: inputPorts(graph),
    outputs: graph.outputs.map(({ id, name }) => portOf(graph, id, name)),
    weightCount: layers.reduce((sum, layer) => sum + layer.weightCount, 0),
    operators: operatorsOf(graph),
    layers,
  };
}

function operatorsOf(graph: Graph): OnnxReport["operators"] {
  const counts = new Map<string, number>();
  for (const { kind } of graph.nodes) {
    if (kind !== "const" && kind !== "input") counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].map(([kind, count]) => ({ kind, count })).sort((a, b) => b.count - a.count);
}

function layerOf(graph: Graph, node: Node): OnnxLayer[] {
  if (!LAYERS.has(node.kind)) return [];
  const weights = constantBehind(graph, node.inputs[1]!);
  if (weights === undefined) return [];
  const { dtype, data } = weights.attrs.tensor;
  const name = node.name ?? weights.name ?? `%${node.id}`;
  return [{ name, kind: node.kind, dtype, weightCount: data.length, sparsity: sparsityOf(data) }];
}

/** The constant that `id` is made of, through the nodes that give integers their meaning. */
function constantBehind(graph: Graph, id: NodeId): Node<"const"> | undefined {
  const node = graph.nodes[id]!;
  if (node.kind === "const") return node;
  const first = node.inputs[0];
  return first !== undefined && UNWRAPPED.has(node.kind) ? constantBehind(graph, first) : undefined;
}
