/** @file The operators of a model that tritc cannot read, and the way around each. */

import { type Diagnostic, problem } from "../diagnostics/diagnostic.ts";
import { importerOf } from "./import/index.ts";
import { normalizeDomain } from "./opset.ts";
import type { GraphProto, ModelProto, NodeProto } from "./proto/onnx_pb.ts";
import { placeOf } from "./schedule.ts";

/** One problem per operator, with its nodes. */
export function unsupportedOperators(
  model: ModelProto,
  graph: GraphProto,
  opset: number,
): Diagnostic[] {
  const byOperator = new Map<string, NodeProto[]>();
  for (const node of graph.node) {
    const domain = normalizeDomain(node.domain);
    if (importerOf(domain, node.opType) !== undefined) continue;
    const key = domain === "" ? node.opType : `${domain}.${node.opType}`;
    byOperator.set(key, [...(byOperator.get(key) ?? []), node]);
  }
  return [...byOperator].map(([key, nodes]) => unsupportedOperator(model, opset, key, nodes));
}

/** More nodes than this are counted, not listed. */
const MAX_LISTED = 8;

function unsupportedOperator(
  model: ModelProto,
  opset: number,
  key: string,
  nodes: readonly NodeProto[],
): Diagnostic {
  const first = nodes[0]!;
  const version = normalizeDomain(first.domain) === "" ? ` (opset ${opset})` : "";
  const local = model.functions.some(
    ({ name, domain }) => name === first.opType && domain === first.domain,
  );
  const hasBody = first.attribute.some(({ g, graphs }) => g !== undefined || graphs.length > 0);
  const more = nodes.length > MAX_LISTED ? [`and ${nodes.length - MAX_LISTED} more`] : [];
  return problem("onnx/unsupported-op", `operator "${key}"${version} is not supported`, {
    at: placeOf(first),
    notes: [
      `${nodes.length} ${nodes.length === 1 ? "node" : "nodes"} in this model:`,
      ...nodes.slice(0, MAX_LISTED).map(placeOf),
      ...more,
    ],
    help: wayAround(local, hasBody),
  });
}

function wayAround(local: boolean, hasBody: boolean): string {
  if (local) return "the model defines the operator itself: inline it with onnx.inliner";
  if (hasBody) return "export without control flow: tritc compiles straight-line networks";
  return "write the layer with supported operators, or cut it off and compute it outside";
}
