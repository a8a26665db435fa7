/**
 * @file Which weights become what when a float model is quantised.
 *
 * Ternary pays where weights are many. A depthwise filter has a few taps and
 * no redundancy to lose; the first layer sees the raw input and the last one
 * makes the decision. These take int8: they hold few weights and cost much
 * accuracy. Weights that are quantised in the model already stay as they are.
 */

import type { WeightChoice } from "../../core/abi.ts";
import type { Graph, Node, NodeId } from "../../model/ir/graph.ts";

export type WeightForm = "keep" | "int8" | "ternary";
type Layer = Node<"conv"> | Node<"gemm">;

/** For each layer, what its f32 weights become. */
export function chooseWeightForms(
  graph: Graph,
  choice: WeightChoice,
): ReadonlyMap<NodeId, WeightForm> {
  const layers = graph.nodes.filter(isLayer);
  if (choice === "auto" || choice === "f32") return new Map(layers.map(({ id }) => [id, "keep"]));
  if (choice === "int8") return new Map(layers.map(({ id }) => [id, "int8"]));
  const ends = endsOf(graph);
  return new Map(
    layers.map(node => [
      node.id,
      ends.has(node.id) || isDepthwise(node, graph) ? "int8" : "ternary",
    ]),
  );
}

function isLayer(node: Node): node is Layer {
  return node.kind === "conv" || node.kind === "gemm";
}

/** One filter per input channel. */
export function isDepthwise(node: Node, graph: Graph): boolean {
  if (node.kind !== "conv" && node.kind !== "qconv") return false;
  return node.attrs.group > 1 && graph.nodes[node.inputs[1]!]!.type.shape[1] === 1;
}

/** Layers with no other layer between them and an input, or between them and an output. */
function endsOf(graph: Graph): ReadonlySet<NodeId> {
  const ends = new Set<NodeId>();
  const behindLayer = new Set<NodeId>();
  for (const node of graph.nodes) {
    const isBehind = node.inputs.some(id => behindLayer.has(id));
    if (isLayer(node) && !isBehind) ends.add(node.id);
    if (isLayer(node) || isBehind) behindLayer.add(node.id);
  }
  const reachesOutput = new Set<NodeId>(graph.outputs.map(output => output.id));
  for (const node of graph.nodes.toReversed()) {
    if (!reachesOutput.has(node.id)) continue;
    if (isLayer(node)) ends.add(node.id);
    else for (const id of node.inputs) reachesOutput.add(id);
  }
  return ends;
}
