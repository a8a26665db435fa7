/**
 * @file Fuses a clamp into the convolution or matrix product that feeds it.
 *
 *     %2 = gemm %0, %1                 %2 = gemm %0, %1 {clamp=[0, 6]}
 *     %3 = clamp %2 {max=6 min=0}      return %2
 *     return %3
 *
 * Kernels clamp in registers, so a clamp of its own would cost one load and
 * one store per element. A clamp behind a max-pool is first moved ahead of it,
 * which changes no result because both keep the order of values.
 */

import { compose, EVERYTHING } from "../../core/interval.ts";
import type { Node, NodeId } from "../../model/ir/graph.ts";
import type { Rewriter } from "../../model/ir/rewrite.ts";
import { rewrite } from "../../model/ops/index.ts";
import type { Pass } from "./pass.ts";

/** Runs after `fold-affine`, which cannot see through a fused clamp. */
export const fuseClamp: Pass = {
  name: "fuse-clamp",
  summary: "fuse a clamp into the convolution or matrix product that feeds it",
  accuracy: "exact",
  run: graph => rewrite(graph, { clamp: fuse }),
};

/**
 * Returns what stands in for `clamp`, or `undefined` to keep it.
 *
 * Its input must have no other reader: that reader would see values it did
 * not ask to have clamped.
 */
function fuse(clamp: Node<"clamp">, b: Rewriter): NodeId | undefined {
  const source = b.node(clamp.inputs[0]!);
  if (b.readers(source.id) > 1) return undefined;
  if (source.kind === "conv" || source.kind === "gemm") {
    const bounds = compose(source.attrs.clamp ?? EVERYTHING, clamp.attrs);
    const attrs = { ...source.attrs, clamp: bounds };
    return b.add(source.kind, source.inputs, attrs, clamp.name ?? source.name);
  }
  if (source.kind !== "max-pool") return undefined;
  const inner = { ...clamp, inputs: source.inputs, type: b.typeOf(source.inputs[0]!) };
  const clamped = fuse(inner, b);
  if (clamped === undefined) return undefined;
  return b.add("max-pool", [clamped], source.attrs, clamp.name ?? source.name);
}
