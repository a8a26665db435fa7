/**
 * @file Stops at nodes that no kernel of the target computes, all at once.
 *
 * Nothing falls back to something slow: what is left here has no way into the
 * module.
 */

import { ModelError, problem } from "../../model/diagnostics/diagnostic.ts";
import type { Graph, Node } from "../../model/ir/graph.ts";
import { printType } from "../../model/ir/print.ts";
import type { Pass } from "./pass.ts";

/** Why the target cannot compute `node`, or `undefined` if it can. */
export type Supports = (node: Node, graph: Graph) => string | undefined;

/** @throws compile/unsupported for every node that `supports` gives a reason against */
export function checkSupported(supports: Supports): Pass {
  return {
    name: "check-supported",
    summary: "stop at nodes that no kernel of the target computes",
    accuracy: "exact",
    run(graph) {
      const problems = graph.nodes.flatMap(node => {
        const reason = supports(node, graph);
        return reason === undefined ? [] : [unsupported(node, graph, reason)];
      });
      if (problems.length > 0) throw new ModelError(...problems);
      return graph;
    },
  };
}

function unsupported(node: Node, graph: Graph, reason: string) {
  const operands = node.inputs.map(id => printType(graph.nodes[id]!.type)).join(", ");
  const name = node.name === undefined ? `%${node.id}` : JSON.stringify(node.name);
  return problem("compile/unsupported", `${node.kind} of (${operands}): ${reason}`, {
    at: `${graph.name}: node ${name}`,
    notes: [`the result is ${printType(node.type)}`],
    help: "`tritc kernels` lists what the target computes; rewrite the layer in these terms",
  });
}
