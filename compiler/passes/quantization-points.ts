/**
 * @file Decides which f32 values are held in 8 bits.
 *
 * A value is worth 8 bits if an integer kernel reads it: a convolution or
 * matrix product with integer weights, or something that leads to one through
 * ops that have an integer form. So the last results, and what only they need,
 * stay real. Ops that move data pass on the integers of their source, and a
 * clamp or a chain of elementwise ops is computed in one go: neither needs
 * a point of its own in between.
 */

import { sameShape } from "../../core/shape.ts";
import { type Graph, type Node, type NodeId, readersOf } from "../../model/ir/graph.ts";
import { isMovement, isTableOp } from "./elementwise.ts";

/** The ids of the values that `insert-quantization` quantises, in schedule order. */
export function quantizationPoints(graph: Graph): readonly NodeId[] {
  const readers = readersOf(graph);
  const integer = integerNodes(graph, readers);
  return graph.nodes
    .filter(node => isPoint(node, graph, readers[node.id]!, integer))
    .map(node => node.id);
}

function isPoint(
  node: Node,
  graph: Graph,
  readers: readonly NodeId[],
  integer: ReadonlySet<NodeId>,
): boolean {
  if (node.type.dtype !== "f32" || node.kind === "const" || node.kind === "dequantize")
    return false;
  const readingKinds = readers.filter(id => integer.has(id)).map(id => graph.nodes[id]!);
  // A concat brings its operands to the scale of its result by itself.
  if (readingKinds.every(reader => reader.kind === "concat")) return false;
  if (passesOn(node, integer)) return false;
  const only = readers.length === 1 ? readingKinds[0] : undefined;
  if (only === undefined || !isTableOp(only, graph)) return true;
  // One reader that is computed together with this node.
  return !(isTableOp(node, graph) || (only.kind === "clamp" && fusesClamp(node)));
}

/** Whether the integers of the operand serve for the result as well. */
function passesOn(node: Node, integer: ReadonlySet<NodeId>): boolean {
  if (!integer.has(node.id)) return false;
  return isMovement(node) || (node.kind === "pad" && node.attrs.value === 0);
}

/** Integer ops that bound their result in the same step. */
function fusesClamp(node: Node): boolean {
  return ["conv", "gemm", "add", "average-pool"].includes(node.kind);
}

/** Nodes that will be computed on integers. */
function integerNodes(graph: Graph, readers: readonly (readonly NodeId[])[]): ReadonlySet<NodeId> {
  const integer = new Set<NodeId>();
  for (const node of graph.nodes.toReversed()) {
    const leadsToInteger = readers[node.id]!.some(id => integer.has(id));
    if (hasIntegerWeights(node, graph) || (leadsToInteger && hasIntegerForm(node, graph))) {
      integer.add(node.id);
    }
  }
  return integer;
}

function hasIntegerWeights(node: Node, graph: Graph): boolean {
  if (node.kind !== "conv" && node.kind !== "gemm") return false;
  return graph.nodes[node.inputs[1]!]!.type.dtype !== "f32";
}

function hasIntegerForm(node: Node, graph: Graph): boolean {
  if (node.type.dtype !== "f32") return false;
  if (isTableOp(node, graph) || isMovement(node)) return true;
  const operands = node.inputs.map(id => graph.nodes[id]!);
  switch (node.kind) {
    case "add":
      return operands.every(
        operand => operand.kind !== "const" && sameShape(operand.type.shape, node.type.shape),
      );
    case "average-pool":
      return node.attrs.pads.every(pad => pad === 0);
    case "concat":
      return operands.every(operand => operand.kind !== "const");
    case "pad":
      return node.attrs.mode === "constant";
    default:
      return false;
  }
}
