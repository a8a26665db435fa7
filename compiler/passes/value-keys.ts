/**
 * @file Names for values that survive from one run of the compiler to the next.
 *
 * Calibrated ranges are recorded under these keys, so that the same model,
 * compiled again, finds them: the model's own name for the value if no other
 * node has it, else `kind:index`, counting nodes of that kind in schedule
 * order. Both depend on the model and the options only.
 */

import type { Graph } from "../../model/ir/graph.ts";

/** The key of each node, by id. */
export function valueKeys(graph: Graph): readonly string[] {
  const uses = new Map<string, number>();
  for (const { name } of graph.nodes) {
    if (name !== undefined) uses.set(name, (uses.get(name) ?? 0) + 1);
  }
  const counts = new Map<string, number>();
  return graph.nodes.map(({ kind, name }) => {
    const index = counts.get(kind) ?? 0;
    counts.set(kind, index + 1);
    return name !== undefined && uses.get(name) === 1 ? name : `${kind}:${index}`;
  });
}
