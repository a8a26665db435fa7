/** @file Finds out where the channels of an input or output are, from the nodes around it. */

import type { Layout } from "../../model/ir/attributes.ts";
import type { Graph, Node, NodeId, OpKind } from "../../model/ir/graph.ts";
import { readersOf } from "../../model/ir/graph.ts";

/** Nodes whose result has its channels where operand 0 has them. */
const TRANSPARENT: ReadonlySet<OpKind> = new Set<OpKind>([
  "quantize",
  "dequantize",
  "lookup",
  "clamp",
  "pad",
  "add",
  "sub",
  "mul",
  "div",
  "qadd",
  "sigmoid",
  "tanh",
  "exp",
  "hard-swish",
  "slice",
]);

const TO_NHWC = "0,2,3,1";
const TO_NCHW = "0,3,1,2";

/** The layout of a 4-D port; `undefined` if nothing near it tells. */
export function layoutOfPort(graph: Graph, id: NodeId): Layout | undefined {
  if (graph.nodes[id]!.type.shape.length !== 4) return undefined;
  return layoutAfter(graph, id) ?? layoutBefore(graph, graph.nodes[id]!);
}

/** What the readers of a value take it for. */
function layoutAfter(graph: Graph, id: NodeId): Layout | undefined {
  for (const reader of readersOf(graph)[id]!.map(at => graph.nodes[at]!)) {
    if (reader.inputs[0] !== id) continue;
    const layout = operandLayout(reader) ?? throughReader(graph, reader);
    if (layout !== undefined) return layout;
  }
  return undefined;
}

function throughReader(graph: Graph, reader: Node): Layout | undefined {
  return TRANSPARENT.has(reader.kind) ? layoutAfter(graph, reader.id) : undefined;
}

function layoutBefore(graph: Graph, node: Node): Layout | undefined {
  const own = resultLayout(node);
  if (own !== undefined || !TRANSPARENT.has(node.kind)) return own;
  return layoutBefore(graph, graph.nodes[node.inputs[0]!]!);
}

function operandLayout(node: Node): Layout | undefined {
  if (node.kind !== "transpose") return windowLayout(node);
  const permutation = node.attrs.permutation.join();
  if (permutation === TO_NHWC) return "nchw";
  return permutation === TO_NCHW ? "nhwc" : undefined;
}

function resultLayout(node: Node): Layout | undefined {
  if (node.kind !== "transpose") return windowLayout(node);
  const permutation = node.attrs.permutation.join();
  if (permutation === TO_NHWC) return "nhwc";
  return permutation === TO_NCHW ? "nchw" : undefined;
}

function windowLayout(node: Node): Layout | undefined {
  return "layout" in node.attrs ? node.attrs.layout : undefined;
}
