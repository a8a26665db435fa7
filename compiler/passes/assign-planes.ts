/**
 * @file Lets integer convolutions that run on channel planes read and write channel-first images.
 *
 *     %1 = transpose %0 {permutation=[0,2,3,1]}     %1 = qconv %0, … {layout=nchw}
 *     %2 = qconv %1, … {layout=nhwc}                %2 = lookup %1
 *     %3 = lookup %2                                %3 = qconv %2, … {layout=nchw}
 *     %4 = qconv %3, … {layout=nhwc}
 *
 * A convolution that the planner accepts is put between transposes. These sink
 * until they cancel: through elementwise ops, through pools that the planner
 * accepts too, and, flattened, into the columns of a matrix product. What is
 * left converts where planes meet channel-last images. Integer sums do not
 * depend on their order, so every bit stays.
 */

import type { Graph, Node, NodeId } from "../../model/ir/graph.ts";
import type { Rewriter } from "../../model/ir/rewrite.ts";
import { rewrite } from "../../model/ops/index.ts";
import { TO_NCHW, TO_NHWC } from "./assign-layout.ts";
import { foldOrder } from "./fold-transpose.ts";
import type { Pass } from "./pass.ts";
import { SINK_RULES } from "./sink-transpose.ts";

/** The kinds that may run on channel planes. */
export type PlaneNode = Node<"qconv" | "max-pool" | "qaverage-pool">;

/** Whether `node`, channel-last as yet, is worth running on channel planes. */
export type RunsOnPlanes = (node: PlaneNode, graph: Graph) => boolean;

/** Runs after `legalize`: weights have the form that they are planned in. */
export function assignPlanes(runsOnPlanes: RunsOnPlanes): Pass {
  return {
    name: "assign-planes",
    summary: "let convolutions that run on channel planes read and write channel-first images",
    accuracy: "exact",
    run(graph) {
      const assigned = assign(graph, runsOnPlanes);
      return assigned === graph ? graph : sink(assigned, runsOnPlanes);
    },
  };
}

function assign(graph: Graph, runsOnPlanes: RunsOnPlanes): Graph {
  return rewrite(graph, {
    qconv: (node, b) => {
      // Operands are rewritten already: the planner judges the node as it was.
      const old = graph.nodes[node.id] as Node<"qconv">;
      if (node.attrs.layout === "nchw" || !runsOnPlanes(old, graph)) return undefined;
      const [x, weights, bias, addend] = node.inputs;
      const planes = (id: NodeId): NodeId => b.add("transpose", [id], { permutation: TO_NCHW });
      const inputs = [planes(x!), weights!, bias!];
      if (addend !== undefined) inputs.push(planes(addend));
      const result = b.add("qconv", inputs, { ...node.attrs, layout: "nchw" }, node.name);
      return b.add("transpose", [result], { permutation: TO_NHWC });
    },
  });
}

function sink(graph: Graph, runsOnPlanes: RunsOnPlanes): Graph {
  const accepts = (id: NodeId): boolean => runsOnPlanes(graph.nodes[id] as PlaneNode, graph);
  return rewrite(graph, {
    ...SINK_RULES,
    qgemm: foldOrder,
    "max-pool": (node, b) => (accepts(node.id) ? poolPlanes(node, b) : undefined),
    "qaverage-pool": (node, b) => (accepts(node.id) ? poolPlanes(node, b) : undefined),
  });
}

/** Pools before the transpose that leads back from planes: less is left to move. */
function poolPlanes(node: Node<"max-pool" | "qaverage-pool">, b: Rewriter): NodeId | undefined {
  const source = b.node(node.inputs[0]!);
  if (source.kind !== "transpose" || node.attrs.layout === "nchw") return undefined;
  if (source.attrs.permutation.join() !== TO_NHWC.join()) return undefined;
  const attrs = { ...node.attrs, layout: "nchw" as const };
  const result = b.add(node.kind, source.inputs, attrs, node.name);
  return b.add("transpose", [result], { permutation: TO_NHWC });
}
