/**
 * @file Fuses the addition of two 8-bit values into the convolution that makes one of them.
 *
 *     %3 = qconv %0, %1, %2 {layout=nchw}      %3 = qconv %0, %1, %2, %x {add={…}, layout=nchw}
 *     %4 = qadd %3, %x                         return %3
 *     return %4
 *
 * On channel planes only: code that runs its lanes over pixels has a result
 * at hand before it is stored; library kernels do not. Of two convolutions the
 * later one adds, for the other's result is complete by then.
 */

import type { OpAttributes } from "../../model/ir/attributes.ts";
import type { Node, NodeId } from "../../model/ir/graph.ts";
import type { Rewriter } from "../../model/ir/rewrite.ts";
import { rewrite } from "../../model/ops/index.ts";
import type { Pass } from "./pass.ts";

/** Runs after `assign-planes`, which decides what is on planes. */
export const fuseAdd: Pass = {
  name: "fuse-add",
  summary: "fuse an 8-bit addition into the convolution on planes that feeds it",
  accuracy: "exact",
  run: graph => rewrite(graph, { qadd: fuse }),
};

function fuse(node: Node<"qadd">, b: Rewriter): NodeId | undefined {
  const id = node.inputs.filter(operand => takesAddend(operand, b)).sort((x, y) => y - x)[0];
  if (id === undefined) return undefined;
  const { inputs, attrs } = b.node(id) as Node<"qconv">;
  const position = node.inputs.indexOf(id);
  const addend = node.inputs[1 - position]!;
  const add = position === 0 ? node.attrs : swapped(node.attrs);
  return b.add("qconv", [...inputs, addend], { ...attrs, add }, node.name);
}

function takesAddend(id: NodeId, b: Rewriter): boolean {
  const node = b.node(id);
  if (node.kind !== "qconv" || b.readers(id) > 1) return false;
  const { layout, epilogue, add } = node.attrs;
  return layout === "nchw" && epilogue.kind === "requantize" && add === undefined;
}

/** The same sum with its operands the other way round. */
function swapped(attrs: OpAttributes["qadd"]): OpAttributes["qadd"] {
  const [ma, mb] = attrs.multipliers;
  const [za, zb] = attrs.zeroPoints;
  return { ...attrs, multipliers: [mb, ma], zeroPoints: [zb, za] };
}
