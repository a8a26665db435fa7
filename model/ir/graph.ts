/**
 * @file The network as data: an immutable graph of nodes in schedule order.
 *
 * A node is its value: one result. Inputs of a node come before it in
 * `Graph.nodes`, so array order is a schedule.
 */

import type { DType } from "../../core/dtype.ts";
import type { Shape } from "../../core/shape.ts";
import type { OpAttributes } from "./attributes.ts";
import type { TensorQuantization } from "./tensor-quantization.ts";

export type { TensorQuantization } from "./tensor-quantization.ts";

/** Names a node within one graph; printed `%12`. Equals its index in `Graph.nodes`. */
export type NodeId = number & { readonly __brand: "NodeId" };

export interface ValueType {
  readonly dtype: DType;
  readonly shape: Shape;
  /** Present on values of integer type that stand for reals. */
  readonly quantization?: TensorQuantization;
}

/** The kinds of node, each described in a file of its own in `model/ops`. */
export type OpKind = keyof OpAttributes;

interface NodeOf<K extends OpKind> {
  readonly id: NodeId;
  readonly kind: K;
  readonly inputs: readonly NodeId[];
  readonly attrs: OpAttributes[K];
  readonly type: ValueType;
  /** The model's own name for the value, for messages and reports; not part of identity. */
  readonly name?: string;
}

/** A node of kind `K`; `Node` alone is the union, discriminated by `kind`. */
export type Node<K extends OpKind = OpKind> = { readonly [P in K]: NodeOf<P> }[K];

export interface GraphOutput {
  readonly name: string;
  readonly id: NodeId;
}

export interface Graph {
  readonly name: string;
  readonly nodes: readonly Node[];
  /** The `input` nodes, in the model's order. */
  readonly inputs: readonly NodeId[];
  readonly outputs: readonly GraphOutput[];
  /** Free-form facts that travel with the model: labels, preprocessing, training. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The node named `id`. */
export function nodeAt(graph: Graph, id: NodeId): Node {
  return graph.nodes[id]!;
}

/** For each node, the nodes that read it; a graph output counts as no reader. */
export function readersOf(graph: Graph): readonly (readonly NodeId[])[] {
  const readers: NodeId[][] = graph.nodes.map(() => []);
  for (const node of graph.nodes) for (const id of node.inputs) readers[id]!.push(node.id);
  return readers;
}
