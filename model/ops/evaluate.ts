/** @file Computes a graph the obvious way: the oracle. */

import { sameShape } from "../../core/shape.ts";
import type { Tensor } from "../../core/tensor.ts";
import { type Diagnostic, ModelError, problem } from "../diagnostics/diagnostic.ts";
import { type Graph, type Node, type NodeId, nodeAt } from "../ir/graph.ts";
import { printType } from "../ir/print.ts";
import { evaluateNode } from "./dispatch.ts";

export type Values = Readonly<Record<string, Tensor>>;

/** The outputs by name. @throws run/wrong-shape, run/wrong-dtype */
export function evaluate(graph: Graph, inputs: Values): Record<string, Tensor> {
  const outputs: Record<string, Tensor> = {};
  const wanted = new Map<NodeId, string[]>();
  for (const { id, name } of graph.outputs) wanted.set(id, [...(wanted.get(id) ?? []), name]);
  evaluateAll(graph, inputs, (node, value) => {
    for (const name of wanted.get(node.id) ?? []) outputs[name] = value;
  });
  return outputs;
}

/**
 * Visits the value of every node in schedule order. A value is let go after
 * its last reader, so memory holds only what is live.
 *
 * @throws run/wrong-shape, run/wrong-dtype
 */
export function evaluateAll(
  graph: Graph,
  inputs: Values,
  visit: (node: Node, value: Tensor) => void,
): void {
  checkInputs(graph, inputs);
  const values = new Map<NodeId, Tensor>();
  const lastUses = lastUsesOf(graph);
  for (const node of graph.nodes) {
    const value = node.kind === "input" ? inputs[node.attrs.name]! : computed(graph, node, values);
    visit(node, value);
    values.set(node.id, value);
    for (const id of lastUses[node.id]!) values.delete(id);
  }
}

function computed(graph: Graph, node: Node, values: ReadonlyMap<NodeId, Tensor>): Tensor {
  const operands = node.inputs.map(id => values.get(id)!);
  const types = node.inputs.map(id => nodeAt(graph, id).type);
  return evaluateNode(node, operands, types);
}

/** For each node, the values that nobody needs after it. */
function lastUsesOf(graph: Graph): NodeId[][] {
  const last = graph.nodes.map(node => node.id);
  for (const node of graph.nodes) for (const id of node.inputs) last[id] = node.id;
  const result: NodeId[][] = graph.nodes.map(() => []);
  for (const [id, user] of last.entries()) result[user]!.push(id as NodeId);
  return result;
}

function checkInputs(graph: Graph, inputs: Values): void {
  const found: Diagnostic[] = [];
  for (const id of graph.inputs) {
    const node = nodeAt(graph, id) as Node<"input">;
    const { name, dtype, shape } = node.attrs;
    const value = inputs[name];
    const expected = `input "${name}" is ${printType(node.type)}`;
    if (value === undefined) {
      const given = Object.keys(inputs).join(", ") || "none";
      found.push(
        problem("run/wrong-shape", `${expected}, but it is not given`, {
          notes: [`inputs given: ${given}`],
        }),
      );
    } else if (value.dtype !== dtype) {
      found.push(problem("run/wrong-dtype", `${expected}, but ${printType(value)} is given`));
    } else if (!sameShape(value.shape, shape)) {
      found.push(problem("run/wrong-shape", `${expected}, but ${printType(value)} is given`));
    }
  }
  if (found.length > 0) throw new ModelError(...found);
}
