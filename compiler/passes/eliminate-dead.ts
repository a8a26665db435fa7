/** @file Drops nodes that no output depends on. Model inputs stay: they are the interface. */

import type { Graph, NodeId } from "../../model/ir/graph.ts";
import { graphBuilder } from "../../model/ops/index.ts";
import type { Pass } from "./pass.ts";

export const eliminateDead: Pass = {
  name: "eliminate-dead",
  summary: "drop nodes that no output depends on",
  accuracy: "exact",
  run(graph) {
    if (countLive(graph) === graph.nodes.length) return graph;
    const builder = graphBuilder();
    const ids: NodeId[] = [];
    for (const node of graph.nodes) {
      ids.push(builder.copy({ ...node, inputs: node.inputs.map(id => ids[id]!) }));
    }
    const outputs = graph.outputs.map(({ name, id }) => ({ name, id: ids[id]! }));
    return builder.finish(graph.name, outputs, graph.metadata);
  },
};

function countLive(graph: Graph): number {
  const live = new Set<NodeId>([...graph.inputs, ...graph.outputs.map(output => output.id)]);
  for (const node of graph.nodes.toReversed()) {
    if (live.has(node.id)) for (const id of node.inputs) live.add(id);
  }
  return live.size;
}
