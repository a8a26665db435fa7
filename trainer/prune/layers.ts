/**
 * @file The layers of a float graph whose weights can be pruned.
 *
 * Weights are handled by filters, the weights of one output channel: as a
 * matrix [filters][depth], whatever the op's own order is. The depth of a
 * convolution counts input channels first, then taps.
 */

import { elementCount } from "../../core/shape.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { Graph, Node, NodeId } from "../../model/ir/graph.ts";

/** [count][depth] */
export interface Filters {
  readonly count: number;
  readonly depth: number;
  readonly values: Float32Array;
}

/** Where a layer stands: `body` is everything that the other words do not name. */
export type LayerRole = "first" | "last" | "depthwise" | "body";

export interface PrunableLayer {
  readonly node: Node<"conv"> | Node<"gemm"> | Node<"matmul">;
  /** Of the weights in the model, or of the node. */
  readonly name: string;
  readonly role: LayerRole;
  readonly filters: Filters;
  /** One per filter; absent if the layer has none. */
  readonly bias?: Float32Array;
  /** Whether it can be given another one: products of stacked matrices have no place for it. */
  readonly takesBias: boolean;
}

/** The layers with constant f32 weights, in schedule order. */
export function prunableLayers(graph: Graph): readonly PrunableLayer[] {
  const ends = endsOf(graph);
  return graph.nodes.flatMap(node => {
    const layer = isContraction(node) ? layerOf(node, graph) : undefined;
    return layer === undefined ? [] : [{ ...layer, role: roleOf(layer.node, graph, ends) }];
  });
}

type Contraction = Node<"conv"> | Node<"gemm"> | Node<"matmul">;

function isContraction(node: Node): node is Contraction {
  return node.kind === "conv" || node.kind === "gemm" || node.kind === "matmul";
}

function layerOf(node: Contraction, graph: Graph): Omit<PrunableLayer, "role"> | undefined {
  const weights = graph.nodes[node.inputs[1]!]!;
  const tensor = realConstant(weights);
  if (tensor === undefined || tensor.data.length === 0) return undefined;
  if (node.kind === "matmul" && tensor.shape.length !== 2) return undefined;
  const bias = biasOf(node, graph, filterCount(node, tensor));
  if (bias === "computed") return undefined;
  return {
    node,
    name: weights.name ?? node.name ?? `%${node.id}`,
    filters: filtersOf(node, tensor),
    takesBias: node.kind !== "matmul" || node.type.shape.length === 2,
    ...(bias === undefined ? {} : { bias }),
  };
}

function realConstant(node: Node): Tensor<"f32"> | undefined {
  if (node.kind !== "const" || node.attrs.tensor.dtype !== "f32") return undefined;
  return node.attrs.tensor as Tensor<"f32">;
}

/** A bias that a constant per filter can take the place of. */
function biasOf(
  node: Contraction,
  graph: Graph,
  count: number,
): Float32Array | undefined | "computed" {
  const id = node.inputs[2];
  if (id === undefined) return undefined;
  const tensor = realConstant(graph.nodes[id]!);
  const isPlain = node.kind !== "gemm" || (node.attrs.beta === 1 && node.attrs.alpha === 1);
  return tensor?.data.length === count && isPlain ? tensor.data : "computed";
}

/** Whether filters lie along the weights' second axis. */
function isTransposed(node: Contraction): boolean {
  return node.kind !== "conv" && !node.attrs.transposeB;
}

function filterCount(node: Contraction, { shape }: Tensor): number {
  return shape[isTransposed(node) ? 1 : 0]!;
}

function filtersOf(node: Contraction, tensor: Tensor<"f32">): Filters {
  const count = filterCount(node, tensor);
  const depth = tensor.data.length / count;
  const values = isTransposed(node) ? transposed(tensor.data, depth, count) : tensor.data;
  return { count, depth, values };
}

/** Filters in the order that the weights of `node` have. */
export function weightsOfFilters(node: Contraction, { count, depth, values }: Filters) {
  return isTransposed(node) ? transposed(values, count, depth) : values;
}

/** [rows][columns] → [columns][rows] */
function transposed(data: Float32Array, rows: number, columns: number): Float32Array {
  return data.map((_, i) => data[(i % rows) * columns + Math.floor(i / rows)]!);
}

interface Ends {
  readonly first: ReadonlySet<NodeId>;
  readonly last: ReadonlySet<NodeId>;
}

/** Layers with no other one between them and an input, and those with none before an output. */
function endsOf(graph: Graph): Ends {
  const first = new Set<NodeId>();
  const behind = new Set<NodeId>();
  for (const node of graph.nodes) {
    const isBehind = node.inputs.some(id => behind.has(id));
    if (isContraction(node) && !isBehind) first.add(node.id);
    if (isContraction(node) || isBehind) behind.add(node.id);
  }
  const last = new Set<NodeId>();
  const before = new Set<NodeId>(graph.outputs.map(output => output.id));
  for (const node of graph.nodes.toReversed()) {
    if (!before.has(node.id)) continue;
    if (isContraction(node)) last.add(node.id);
    else for (const id of node.inputs) before.add(id);
  }
  return { first, last };
}

function roleOf(node: Contraction, graph: Graph, { first, last }: Ends): LayerRole {
  if (first.has(node.id)) return "first";
  if (last.has(node.id)) return "last";
  if (node.kind !== "conv" || node.attrs.group === 1) return "body";
  const { shape } = graph.nodes[node.inputs[1]!]!.type;
  return elementCount(shape.slice(1, 2)) === 1 ? "depthwise" : "body";
}
