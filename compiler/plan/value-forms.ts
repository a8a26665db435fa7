/**
 * @file In which forms each value is wanted: dense, or as channel planes in
 * one or two phases.
 */

import type { Graph, Node, NodeId } from "../../model/ir/graph.ts";
import { type Phases, type PlanesNeed, unionNeed } from "./channel-planes.ts";
import { planesUseOf } from "./lower/index.ts";

export interface ValueForms {
  /** Values that a node or the host reads dense. */
  readonly dense: ReadonlySet<NodeId>;
  /** What readers of planes ask of a value, by the number of phases. */
  readonly planes: ReadonlyMap<NodeId, ReadonlyMap<Phases, PlanesNeed>>;
}

export function formsOf(graph: Graph): ValueForms {
  const dense = new Set(graph.outputs.map(({ id }) => id));
  const planes = new Map<NodeId, Map<Phases, PlanesNeed>>();
  for (const node of graph.nodes) {
    const { operands } = planesUseOf(node);
    for (const [index, id] of node.inputs.entries()) {
      const form = operands[index] ?? "dense";
      if (form === "dense") dense.add(id);
      else if (form !== "any") addNeed(planes, id, form);
    }
  }
  return { dense, planes };
}

function addNeed(planes: Map<NodeId, Map<Phases, PlanesNeed>>, id: NodeId, need: PlanesNeed): void {
  const needs = planes.get(id) ?? new Map<Phases, PlanesNeed>();
  const known = needs.get(need.phases);
  needs.set(need.phases, known === undefined ? need : unionNeed(known, need));
  planes.set(id, needs);
}

/**
 * The phases in which the producer of a value writes its planes: two only if
 * every reader of planes wants two. `undefined` if it writes no planes.
 */
export function homePhases(node: Node, { planes }: ValueForms): Phases | undefined {
  if (!planesUseOf(node).result) return undefined;
  const needs = planes.get(node.id);
  return needs !== undefined && !needs.has(1) && needs.has(2) ? 2 : 1;
}
