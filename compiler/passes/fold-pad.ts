/**
 * @file Folds a pad with zeros into the window that reads it.
 *
 *     %1 = pad %0 {after=[0,0,1,1] before=[0,0,1,1]}     %1 = conv %0, %w {pads=[1,1,1,1]}
 *     %2 = conv %1, %w {pads=[0,0,0,0]}                  return %1
 *     return %2
 *
 * A convolution pads for nothing. An average pool then counts its padding,
 * which is right as long as it had none of its own that it did not count, and
 * possible as long as no window lies wholly in it.
 */

import type { Layout, Pads } from "../../model/ir/attributes.ts";
import type { Node, NodeId } from "../../model/ir/graph.ts";
import type { Rewriter } from "../../model/ir/rewrite.ts";
import { rewrite } from "../../model/ops/index.ts";
import type { Pass } from "./pass.ts";
import { windowsLieInside, windowsMeetImage } from "./windows.ts";

export const foldPad: Pass = {
  name: "fold-pad",
  summary: "fold a pad with zeros into the window that reads it",
  accuracy: "exact",
  run: graph => rewrite(graph, { conv: foldIntoConv, "average-pool": foldIntoPool }),
};

function foldIntoConv(node: Node<"conv">, b: Rewriter): NodeId | undefined {
  const [x, ...operands] = node.inputs;
  const pad = spatialPad(b.node(x!), node.attrs.layout);
  if (pad === undefined) return undefined;
  const attrs = { ...node.attrs, pads: sum(node.attrs.pads, pad.pads) };
  return b.add("conv", [pad.source, ...operands], attrs, node.name);
}

function foldIntoPool(node: Node<"average-pool">, b: Rewriter): NodeId | undefined {
  const { attrs } = node;
  const pad = spatialPad(b.node(node.inputs[0]!), attrs.layout);
  const isCounted = attrs.countIncludePad || attrs.pads.every(count => count === 0);
  if (pad === undefined || !isCounted || !windowsLieInside(node, b.typeOf(node.inputs[0]!).shape))
    return undefined;
  const pads = sum(attrs.pads, pad.pads);
  if (!windowsMeetImage(node, pads, b.typeOf(pad.source).shape)) return undefined;
  return b.add("average-pool", [pad.source], { ...attrs, pads, countIncludePad: true }, node.name);
}

function spatialPad(
  node: Node,
  layout: Layout,
): { readonly source: NodeId; readonly pads: Pads } | undefined {
  if (node.kind !== "pad" || node.attrs.mode !== "constant") return undefined;
  const { before, after, value } = node.attrs;
  const [height, width] = layout === "nchw" ? [2, 3] : [1, 2];
  const elsewhere = [0, 1, 2, 3].filter(axis => axis !== height && axis !== width);
  if (value !== 0 || elsewhere.some(axis => before[axis] !== 0 || after[axis] !== 0)) {
    return undefined;
  }
  const pads = [before[height]!, before[width]!, after[height]!, after[width]!] as const;
  return { source: node.inputs[0]!, pads };
}

function sum(a: Pads, b: Pads): Pads {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3]];
}
