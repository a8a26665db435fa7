/** @file Reads ONNX models for commands: problems say which file they are in. */

import { layoutOfPort } from "../compiler/plan/port-layout.ts";
import type { Port } from "../core/abi.ts";
import { placedIn } from "../model/diagnostics/placed-in.ts";
import type { Graph, NodeId } from "../model/ir/graph.ts";
import { readOnnx } from "../model/onnx/index.ts";

/** @throws onnx/*, graph/* */
export function readModel(bytes: Uint8Array, path: string, batch?: number): Graph {
  return placedIn(path, () => readOnnx(bytes, batch === undefined ? {} : { batch }));
}

export function inputPorts(graph: Graph): Port[] {
  return graph.inputs.map(id => {
    const node = graph.nodes[id]!;
    return portOf(graph, id, node.kind === "input" ? node.attrs.name : `%${id}`);
  });
}

export function portOf(graph: Graph, id: NodeId, name: string): Port {
  const { dtype, shape } = graph.nodes[id]!.type;
  const layout = layoutOfPort(graph, id);
  return { name, dtype, shape, ...(layout && { layout }) };
}
