/** @file Runs passes in order, verifying what each one leaves behind. */

import { InternalError, ModelError } from "../../model/diagnostics/diagnostic.ts";
import type { Graph } from "../../model/ir/graph.ts";
import { verifyGraph } from "../../model/ops/index.ts";
import type { Pass } from "./pass.ts";

export interface RunOptions {
  /** Checks the graph after every pass that changed it. On unless switched off. */
  readonly verify?: boolean;
  /** Sees the graph after every pass. */
  readonly trace?: (pass: Pass, graph: Graph, changed: boolean) => void;
  /** The name of the last pass to run. */
  readonly stopAfter?: string;
}

/**
 * The graph after all passes, or after the first one named `stopAfter`.
 *
 * @throws ModelError what a pass finds wrong with the model
 * @throws InternalError if a pass breaks the graph; names the pass
 */
export function runPasses(
  graph: Graph,
  passes: readonly Pass[],
  { verify = true, trace, stopAfter }: RunOptions = {},
): Graph {
  let current = graph;
  for (const pass of passes) {
    const next = pass.run(current);
    const changed = next !== current;
    if (changed && verify) verifyAfter(pass, next);
    trace?.(pass, next, changed);
    current = next;
    if (pass.name === stopAfter) break;
  }
  return current;
}

function verifyAfter(pass: Pass, graph: Graph): void {
  try {
    verifyGraph(graph);
  } catch (error) {
    if (error instanceof InternalError) {
      throw new InternalError(`pass ${pass.name}: ${error.message}`, error.dump);
    }
    if (error instanceof ModelError) {
      throw new InternalError(`pass ${pass.name} broke the graph: ${error.message}`);
    }
    throw error;
  }
}
