/** @file Copies a graph that was made for one batch into another graph, for another batch. */

import type { GraphBuilder } from "../../model/ir/build.ts";
import type { Graph, Node, NodeId } from "../../model/ir/graph.ts";

export interface Copied {
  /** By id in the source. */
  readonly ids: readonly NodeId[];
  /** Nodes that do not keep samples apart along the first axis: no copy is to be trusted. */
  readonly mixed: readonly Node[];
}

/**
 * Adds the nodes of `graph` to `b`, with `input` in place of its only input.
 *
 * What depends on the input has `from` samples along its first axis in the
 * source and `to` in the copy.
 */
export function copyInBatches(
  b: GraphBuilder,
  graph: Graph,
  input: NodeId,
  [from, to]: readonly [from: number, to: number],
): Copied {
  const ids: NodeId[] = [];
  const mixed: Node[] = [];
  const batched = new Set<NodeId>(graph.inputs);
  for (const node of graph.nodes) {
    if (node.kind === "input") {
      ids.push(input);
      continue;
    }
    const inputs = node.inputs.map(id => ids[id]!);
    const depends = node.inputs.some(id => batched.has(id));
    if (depends) batched.add(node.id);
    if (depends && !keepsSamples(node, from)) mixed.push(node);
    ids.push(
      mixed.length > 0 ? input : b.copy({ ...rebatched(node, depends, to), inputs } as Node),
    );
  }
  return { ids, mixed };
}

/** Whether the first axis of the result is that of the samples, as far as the op shows. */
function keepsSamples(node: Node, from: number): boolean {
  if (node.type.shape[0] !== from) return false;
  switch (node.kind) {
    case "transpose":
      return node.attrs.permutation[0] === 0;
    case "concat":
    case "softmax":
    case "log-softmax":
      return node.attrs.axis !== 0;
    case "reduce-mean":
    case "reduce-sum":
    case "reduce-max":
    case "reduce-min":
    case "reduce-prod":
      return !node.attrs.axes.includes(0);
    default:
      return true;
  }
}

/** The node with attributes for `to` samples. */
function rebatched(node: Node, depends: boolean, to: number): Node {
  if (!depends) return node;
  switch (node.kind) {
    case "reshape":
    case "expand":
      return { ...node, attrs: { ...node.attrs, shape: [to, ...node.attrs.shape.slice(1)] } };
    case "slice":
      return { ...node, attrs: { ...node.attrs, sizes: [to, ...node.attrs.sizes.slice(1)] } };
    default:
      return node;
  }
}
