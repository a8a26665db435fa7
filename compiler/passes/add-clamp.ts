/** @file Bounds a value: in one clamp with the one that it may already come from. */

import { compose, type Interval } from "../../core/interval.ts";
import type { OpAttributes } from "../../model/ir/attributes.ts";
import type { Node, NodeId, OpKind } from "../../model/ir/graph.ts";

/** A graph builder or a rewriter. */
interface Adding {
  node(id: NodeId): Node;
  add<K extends OpKind>(kind: K, inputs: readonly NodeId[], attrs: OpAttributes[K]): NodeId;
}

/** `x` within `bounds`. Passes that fuse clamps look through one. */
export function addClamp(b: Adding, x: NodeId, bounds: Interval): NodeId {
  const node = b.node(x);
  if (node.kind !== "clamp") return b.add("clamp", [x], bounds);
  return b.add("clamp", node.inputs, compose(node.attrs, bounds));
}
