/** @file What the rest of tritc asks of ops: types, checks, values, names. */

import { GraphBuilder } from "../ir/build.ts";
import type { Graph } from "../ir/graph.ts";
import { type Rules, rewriteWith } from "../ir/rewrite.ts";
import { inferType } from "./dispatch.ts";

export { evaluateNode, opSummaries } from "./dispatch.ts";
export { evaluate, evaluateAll, type Values } from "./evaluate.ts";
export { verifyGraph } from "./verify.ts";

/** A builder that knows every op. */
export function graphBuilder(): GraphBuilder {
  return new GraphBuilder(inferType);
}

/** Rewrites `graph` by `rules`; the same object if none fired. */
export function rewrite(graph: Graph, rules: Rules): Graph {
  return rewriteWith(inferType, graph, rules);
}
