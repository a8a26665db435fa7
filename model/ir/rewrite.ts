/**
 * @file Rewrites a graph by rules, one per kind, in schedule order.
 *
 * A rule sees its node with inputs already rewritten and returns the value
 * that stands in for it, or `undefined` to keep it. A graph in which no rule
 * fired is returned as the same object.
 */

import type { Tensor } from "../../core/tensor.ts";
import type { OpAttributes } from "./attributes.ts";
import { type ConstantOptions, GraphBuilder, type InferType } from "./build.ts";
import {
  type Graph,
  type Node,
  type NodeId,
  type OpKind,
  readersOf,
  type ValueType,
} from "./graph.ts";

export type Rule<K extends OpKind> = (node: Node<K>, b: Rewriter) => NodeId | undefined;

/** At most one rule per kind; `any` is asked for kinds that have none. */
export type Rules = { readonly [K in OpKind]?: Rule<K> } & { readonly any?: Rule<OpKind> };

/** What a rule may ask and do. */
export interface Rewriter {
  node(id: NodeId): Node;
  typeOf(id: NodeId): ValueType;
  /** How often the value is read: by nodes and as a graph output. */
  readers(id: NodeId): number;
  add<K extends OpKind>(
    kind: K,
    inputs: readonly NodeId[],
    attrs: OpAttributes[K],
    name?: string,
  ): NodeId;
  constant(tensor: Tensor, options?: ConstantOptions): NodeId;
  /** The tensor of a `const` node, or `undefined` for any other. */
  constantOf(id: NodeId): Tensor | undefined;
}

export function rewriteWith(infer: InferType, graph: Graph, rules: Rules): Graph {
  const builder = new GraphBuilder(infer);
  const uses = countUses(graph);
  /** Uses, in the old graph, of the old nodes that a new node stands for. */
  const readers = new Map<NodeId, number>();
  const mapped: NodeId[] = [];
  const rewriter: Rewriter = {
    node: id => builder.node(id),
    typeOf: id => builder.typeOf(id),
    readers: id => readers.get(id) ?? 1,
    add: (kind, inputs, attrs, name) => builder.add(kind, inputs, attrs, name),
    constant: (tensor, options) => builder.constant(tensor, options),
    constantOf: id => {
      const node = builder.node(id);
      return node.kind === "const" ? node.attrs.tensor : undefined;
    },
  };
  let fired = false;
  for (const old of graph.nodes) {
    const node = { ...old, inputs: old.inputs.map(id => mapped[id]!) } as Node;
    const rule = (rules[node.kind] ?? rules.any) as Rule<OpKind> | undefined;
    const replacement = rule?.(node, rewriter);
    if (replacement !== undefined) fired = true;
    const id = replacement ?? builder.copy(node);
    mapped.push(id);
    readers.set(id, (readers.get(id) ?? 0) + uses[old.id]!);
  }
  if (!fired) return graph;
  const outputs = graph.outputs.map(({ name, id }) => ({ name, id: mapped[id]! }));
  return builder.finish(graph.name, outputs, graph.metadata);
}

function countUses(graph: Graph): number[] {
  const uses = readersOf(graph).map(readers => readers.length);
  for (const output of graph.outputs) uses[output.id]!++;
  return uses;
}
