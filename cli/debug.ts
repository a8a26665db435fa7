/**
 * @file What TRITC_DEBUG shows of a compilation, on the message stream.
 *
 * 1 the passes and their times; 2 the graph after each pass that changed it;
 * 3 the plan: kernels, addresses; 4 the module as text; 5 how many nodes of
 * each kind each pass took away and added.
 */

import type { Compilation, LowerModelOptions, Pass } from "../compiler/index.ts";
import { printPlan } from "../compiler/index.ts";
import type { Graph } from "../model/ir/graph.ts";
import { printGraph } from "../model/ir/print.ts";
import type { Terminal } from "./terminal.ts";

const LEVEL = { passes: 1, graphs: 2, plan: 3, module: 4, kinds: 5 } as const;

export function debugLevel(): number {
  const level = Number(process.env.TRITC_DEBUG ?? 0);
  return Number.isFinite(level) ? level : 0;
}

/** A `trace` for the compiler; empty where nothing is to be shown. */
export function passTrace({ err }: Terminal): Pick<LowerModelOptions, "trace"> {
  const level = debugLevel();
  if (level < LEVEL.passes) return {};
  let before = performance.now();
  let kinds = new Map<string, number>();
  const trace = (pass: Pass, graph: Graph, changed: boolean): void => {
    const ms = (performance.now() - before).toFixed(1);
    err(`pass ${pass.name}: ${ms} ms${changed ? "" : ", nothing to do"}\n`);
    if (level >= LEVEL.kinds) {
      const now = kindsOf(graph);
      err(changesText(kinds, now));
      kinds = now;
    }
    if (changed && level >= LEVEL.graphs) err(printGraph(graph));
    before = performance.now();
  };
  return { trace };
}

/** Shows what came out. */
export function showCompilation({ err }: Terminal, compilation: Compilation): void {
  const level = debugLevel();
  if (level >= LEVEL.plan) err(printPlan(compilation.plan));
  if (level >= LEVEL.module) err(compilation.artefact("wat"));
}

function kindsOf(graph: Graph): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { kind } of graph.nodes) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

function changesText(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): string {
  const kinds = [...new Set([...before.keys(), ...after.keys()])].sort();
  return kinds
    .filter(kind => before.get(kind) !== after.get(kind))
    .map(kind => `  ${kind}: ${before.get(kind) ?? 0} → ${after.get(kind) ?? 0}\n`)
    .join("");
}
