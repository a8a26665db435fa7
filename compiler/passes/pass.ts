/** @file What a pass is: a pure function from graph to graph, with a verb for a name. */

import type { Graph } from "../../model/ir/graph.ts";

export interface Pass {
  /** kebab-case; the file's name. */
  readonly name: string;
  /** One line, for `tritc passes`. */
  readonly summary: string;
  /** `exact`: same bits before and after. `rounds`: values change by rounding; see the file. */
  readonly accuracy: "exact" | "rounds";
  /** Returns the same object if there was nothing to do. */
  run(graph: Graph): Graph;
}
