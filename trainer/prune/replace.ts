/** @file Puts new weights and biases into a graph; all else stays as it is. */

import { tensor } from "../../core/tensor.ts";
import type { Graph, Node, NodeId } from "../../model/ir/graph.ts";
import type { Rewriter } from "../../model/ir/rewrite.ts";
import { rewrite } from "../../model/ops/index.ts";
import { type PrunableLayer, weightsOfFilters } from "./layers.ts";
import type { LayerParameters } from "./reestimate.ts";

/** New parameters, by the id of the layer's node. */
export type Replacements = ReadonlyMap<NodeId, LayerParameters>;

export function replaceParameters(
  graph: Graph,
  layers: readonly PrunableLayer[],
  replacements: Replacements,
): Graph {
  const byNode = new Map<NodeId, PrunableLayer>(layers.map(layer => [layer.node.id, layer]));
  const replace = (node: Node<"conv" | "gemm" | "matmul">, b: Rewriter): NodeId | undefined => {
    const layer = byNode.get(node.id);
    const parameters = replacements.get(node.id);
    return layer && parameters && replaceLayer(node, layer, parameters, b);
  };
  return rewrite(graph, { conv: replace, gemm: replace, matmul: replace });
}

function replaceLayer(
  node: Node<"conv" | "gemm" | "matmul">,
  layer: PrunableLayer,
  { filters, bias }: LayerParameters,
  b: Rewriter,
): NodeId {
  const [x, old, oldBias] = node.inputs;
  const weights = b.constant(
    tensor("f32", b.typeOf(old!).shape, weightsOfFilters(layer.node, filters)),
    { name: b.node(old!).name },
  );
  if (bias === undefined || !layer.takesBias) {
    const rest = oldBias === undefined ? [] : [oldBias];
    return b.add(node.kind, [x!, weights, ...rest], node.attrs, node.name);
  }
  const name = oldBias === undefined ? `${layer.name}.bias` : b.node(oldBias).name;
  const inputs = [x!, weights, b.constant(tensor("f32", [bias.length], bias), { name })];
  if (node.kind === "conv") return b.add("conv", inputs, node.attrs, node.name);
  if (node.kind === "gemm") return b.add("gemm", inputs, node.attrs, node.name);
  return b.add("gemm", inputs, { ...node.attrs, alpha: 1, beta: 1 }, node.name);
}
