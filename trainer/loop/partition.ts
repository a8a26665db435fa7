/**
 * @file Cuts a training step in two where gradients are known: what every
 * worker computes from its own samples, and the update, which is computed once.
 */

import type { Graph, GraphOutput, NodeId } from "../../model/ir/graph.ts";
import { graphBuilder } from "../../model/ops/index.ts";

export interface Partition {
  /** Outputs: gradients, and everything else that depends on samples. */
  readonly shard: Graph;
  /** Outputs: the rest. Gradients are inputs, by the names of the shard's outputs. */
  readonly update: Graph;
}

/** Cuts `graph` at its outputs for which `isGradient`; `samples` are inputs' names. */
export function partition(
  graph: Graph,
  isGradient: (output: string) => boolean,
  samples: ReadonlySet<string>,
): Partition {
  const gradients = graph.outputs.filter(({ name }) => isGradient(name));
  const cut = new Map(gradients.toReversed().map(({ id, name }) => [id, name]));
  const dependent = dependents(graph, samples, cut);
  const others = graph.outputs.filter(({ name }) => !isGradient(name));
  return {
    shard: extract(graph, [...others.filter(({ id }) => dependent.has(id)), ...gradients]),
    update: extract(
      graph,
      others.filter(({ id }) => !dependent.has(id)),
      cut,
    ),
  };
}

/** Values that depend on samples other than through a gradient. */
function dependents(
  graph: Graph,
  samples: ReadonlySet<string>,
  cut: ReadonlyMap<NodeId, string>,
): ReadonlySet<NodeId> {
  const found = new Set<NodeId>();
  for (const node of graph.nodes) {
    const isSample = node.kind === "input" && samples.has(node.attrs.name);
    if (isSample || node.inputs.some(id => found.has(id) && !cut.has(id))) found.add(node.id);
  }
  return found;
}

/** The part of `graph` that `outputs` need; the values of `given` are inputs. */
function extract(
  graph: Graph,
  outputs: readonly GraphOutput[],
  given: ReadonlyMap<NodeId, string> = new Map(),
): Graph {
  const needed = ancestors(graph, outputs, given);
  const builder = graphBuilder();
  const ids = new Map<NodeId, NodeId>();
  for (const node of graph.nodes) {
    if (!needed.has(node.id)) continue;
    const name = given.get(node.id);
    const { dtype, shape } = node.type;
    const id =
      name === undefined
        ? builder.copy({ ...node, inputs: node.inputs.map(input => ids.get(input)!) })
        : builder.input(name, dtype, shape);
    ids.set(node.id, id);
  }
  return builder.finish(
    graph.name,
    outputs.map(({ name, id }) => ({ name, id: ids.get(id)! })),
  );
}

function ancestors(
  graph: Graph,
  outputs: readonly GraphOutput[],
  given: ReadonlyMap<NodeId, string>,
): ReadonlySet<NodeId> {
  const needed = new Set(outputs.map(({ id }) => id));
  for (const { id, inputs } of graph.nodes.toReversed()) {
    if (needed.has(id) && !given.has(id)) for (const input of inputs) needed.add(input);
  }
  return needed;
}
