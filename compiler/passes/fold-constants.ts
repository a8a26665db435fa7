/**
 * @file Computes now what depends on constants only.
 *
 *     %1 = const f32[2]              %1 = const f32[2]
 *     %2 = sqrt %1                   return %1
 *     return %2
 *
 * Dequantised weights are left alone while `keepWeights` holds: folding them
 * would lose that they take few bits. `absorb-dequantize` takes them first.
 */

import type { Node, NodeId } from "../../model/ir/graph.ts";
import type { Rewriter } from "../../model/ir/rewrite.ts";
import { evaluateNode, rewrite } from "../../model/ops/index.ts";
import type { Pass } from "./pass.ts";

export function foldConstants({ keepWeights }: { readonly keepWeights: boolean }): Pass {
  return {
    name: "fold-constants",
    summary: "compute now what depends on constants only",
    accuracy: "exact",
    run: graph =>
      rewrite(graph, {
        any: (node, b) => (keepWeights && holdsWeights(node, b) ? undefined : fold(node, b)),
      }),
  };
}

function fold(node: Node, b: Rewriter): NodeId | undefined {
  if (node.inputs.length === 0) return undefined;
  const inputs = node.inputs.map(id => b.node(id));
  if (!inputs.every(input => input.kind === "const")) return undefined;
  const tensor = evaluateNode(
    node,
    inputs.map(input => input.attrs.tensor),
    inputs.map(input => input.type),
  );
  return b.constant(tensor, { quantization: node.type.quantization, name: node.name });
}

/** Whether `node` is, or moves, the real value of 8-bit or narrower weights. */
function holdsWeights(node: Node, b: Rewriter): boolean {
  if (node.kind !== "dequantize") return false;
  const { dtype, shape } = b.typeOf(node.inputs[0]!);
  return shape.length >= 2 && dtype !== "i32";
}
