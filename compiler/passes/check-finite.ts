/**
 * @file Stops at constants that hold NaN or infinity.
 *
 * No layer gives a useful result from such weights, and quantising would hide
 * them. A scalar may be infinite: it is then a bound, not a weight.
 */

import { isFloat } from "../../core/dtype.ts";
import type { Tensor } from "../../core/tensor.ts";
import { type Diagnostic, ModelError, problem } from "../../model/diagnostics/diagnostic.ts";
import type { Graph, Node } from "../../model/ir/graph.ts";
import type { Pass } from "./pass.ts";

/** @throws graph/non-finite for every bad constant at once. */
export const checkFinite: Pass = {
  name: "check-finite",
  summary: "stop at weights that are NaN or infinite",
  accuracy: "exact",
  run(graph) {
    const problems = graph.nodes.flatMap(node => problemOf(node, graph));
    if (problems.length > 0) throw new ModelError(...problems);
    return graph;
  },
};

function problemOf(node: Node, graph: Graph): Diagnostic[] {
  if (node.kind !== "const" || !isFloat(node.type.dtype)) return [];
  const data = node.attrs.tensor.data as Float32Array | Float64Array;
  const isBad = node.type.shape.length === 0 ? Number.isNaN : notFinite;
  let first = 0;
  while (first < data.length && !isBad(data[first]!)) first++;
  if (first === data.length) return [];
  const count = data.filter(value => isBad(value)).length;
  const are = count === 1 ? "is" : "are";
  return [
    problem(
      "graph/non-finite",
      `${count} of ${data.length} values ${are} NaN or infinite, the first is ${data[first]} at ${place(node.attrs.tensor, first)}`,
      {
        at: `${graph.name}: tensor ${JSON.stringify(node.name ?? `%${node.id}`)}`,
        notes: ["one such weight makes every result that depends on it NaN or infinite"],
        help: "train again from the last finite checkpoint, or export the model anew",
      },
    ),
  ];
}

function notFinite(value: number): boolean {
  return !Number.isFinite(value);
}

/** `[1,0,2]`: the position of element `index`. */
function place({ shape }: Tensor, index: number): string {
  const position: number[] = [];
  let rest = index;
  for (const dim of shape.toReversed()) {
    position.unshift(rest % dim);
    rest = Math.floor(rest / dim);
  }
  return `[${position}]`;
}
