/**
 * @file Lets every convolution and pool read and write channel-last images.
 *
 *     %1 = conv %0, %w {layout=nchw}     %1 = transpose %0 {permutation=[0,2,3,1]}
 *                                        %2 = conv %1, %w {layout=nhwc}
 *                                        %3 = transpose %2 {permutation=[0,3,1,2]}
 *
 * Kernels know channel-last only. `sink-transpose` then cancels the transposes
 * between neighbours. Sums keep their order, so every bit stays.
 */

import type { Node, NodeId } from "../../model/ir/graph.ts";
import type { Rewriter } from "../../model/ir/rewrite.ts";
import { rewrite } from "../../model/ops/index.ts";
import type { Pass } from "./pass.ts";

export const TO_NHWC: readonly number[] = [0, 2, 3, 1];
export const TO_NCHW: readonly number[] = [0, 3, 1, 2];

export const assignLayout: Pass = {
  name: "assign-layout",
  summary: "let every convolution and pool read and write channel-last images",
  accuracy: "exact",
  run: graph =>
    rewrite(graph, {
      conv: assign,
      "conv-transpose": assign,
      "max-pool": assign,
      "average-pool": assign,
    }),
};

type Spatial = Node<"conv" | "conv-transpose" | "max-pool" | "average-pool">;

function assign(node: Spatial, b: Rewriter): NodeId | undefined {
  if (node.attrs.layout === "nhwc") return undefined;
  const [x, ...operands] = node.inputs;
  const image = b.add("transpose", [x!], { permutation: TO_NHWC });
  const attrs = { ...node.attrs, layout: "nhwc" as const };
  const result = b.add(node.kind, [image, ...operands], attrs, node.name);
  return b.add("transpose", [result], { permutation: TO_NCHW });
}
