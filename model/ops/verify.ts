/** @file Checks the invariants of a graph, after every pass that changed it. */

import { InternalError, ModelError } from "../diagnostics/diagnostic.ts";
import type { Graph, Node } from "../ir/graph.ts";
import { printGraph, printType } from "../ir/print.ts";
import { inferType, isOpKind, verifyNode } from "./dispatch.ts";

/**
 * Ids are indices, operands come first, types are what inference says,
 * attributes are in range, inputs and outputs exist under distinct names.
 *
 * @throws InternalError that names every broken invariant and shows the graph
 */
export function verifyGraph(graph: Graph): void {
  const broken = [
    ...graph.nodes.flatMap((node, index) => brokenInNode(graph, node, index)),
    ...brokenInPorts(graph),
  ];
  if (broken.length === 0) return;
  const message = `graph "${graph.name}" is malformed: ${broken.join("; ")}`;
  throw new InternalError(message, printSafely(graph));
}

function brokenInNode(graph: Graph, node: Node, index: number): string[] {
  const label = `%${index} = ${node.kind}`;
  if (!isOpKind(node.kind)) return [`${label} is no op`];
  if (node.id !== index) return [`${label} has the id ${node.id}`];
  const late = node.inputs.filter(id => !(Number.isInteger(id) && id >= 0 && id < index));
  if (late.length > 0) return [`${label} reads %${late.join(", %")}, which does not precede it`];
  const inputs = node.inputs.map(id => graph.nodes[id]!);
  try {
    const inferred = printType(inferType(node.kind, inputs, node.attrs));
    verifyNode(node, inputs);
    const stated = printType(node.type);
    return stated === inferred ? [] : [`${label} has type ${stated}, but computes ${inferred}`];
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    return error.diagnostics.map(({ message }) => `%${index} ${message}`);
  }
}

function brokenInPorts(graph: Graph): string[] {
  const broken: string[] = [];
  const found = graph.nodes.filter(node => node.kind === "input");
  if (found.map(node => node.id).join() !== graph.inputs.join()) {
    broken.push(`inputs are listed as %${graph.inputs.join(", %")}, but the nodes differ`);
  }
  for (const { name, id } of graph.outputs) {
    if (graph.nodes[id] === undefined) broken.push(`output "${name}" is %${id}, which is missing`);
  }
  broken.push(
    ...repeated(
      "input",
      found.map(node => node.attrs.name),
    ),
  );
  broken.push(
    ...repeated(
      "output",
      graph.outputs.map(output => output.name),
    ),
  );
  if (graph.outputs.length === 0) broken.push("there is no output");
  return broken;
}

function repeated(what: string, names: readonly string[]): string[] {
  const twice = names.filter((name, i) => names.indexOf(name) !== i);
  return twice.map(name => `two ${what}s are named "${name}"`);
}

/** A broken graph may be too broken to print. */
function printSafely(graph: Graph): string {
  try {
    return printGraph(graph);
  } catch {
    return graph.nodes.map(node => `%${node.id} = ${node.kind} ${node.inputs.join()}`).join("\n");
  }
}
