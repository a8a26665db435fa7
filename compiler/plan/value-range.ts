/** @file The bounds of the integers that can occur in an 8-bit value. */

import { dtypeRange } from "../../core/dtype.ts";
import type { Interval } from "../../core/interval.ts";
import type { Graph, Node, NodeId } from "../../model/ir/graph.ts";

/** What the op that makes the value says; the range of its type if that says nothing. */
export function rangeOf({ nodes }: Pick<Graph, "nodes">, id: NodeId): Interval {
  const node = nodes[id]!;
  return ownRange(node) ?? movedRange(nodes, node) ?? dtypeRange(node.type.dtype);
}

function ownRange(node: Node): Interval | undefined {
  switch (node.kind) {
    case "qadd":
      return node.attrs;
    case "qaverage-pool":
      return node.attrs.requantization;
    case "qgemm":
      return node.attrs.epilogue.kind === "requantize" ? node.attrs.epilogue : undefined;
    case "qconv": {
      const { add, epilogue } = node.attrs;
      return add ?? (epilogue.kind === "requantize" ? epilogue : undefined);
    }
    case "lookup": {
      const { data } = node.attrs.table;
      return { min: Math.min(...data), max: Math.max(...data) };
    }
    default:
      return undefined;
  }
}

function movedRange(nodes: readonly Node[], node: Node): Interval | undefined {
  return onlyMoves(node) ? rangeOf({ nodes }, node.inputs[0]!) : undefined;
}

/** Whether every element of the result is one of the operand. */
function onlyMoves(node: Node): boolean {
  if (node.kind === "max-pool") return seesImage(node);
  return node.kind === "transpose" || node.kind === "reshape" || node.kind === "slice";
}

/** Whether no window sees nothing but padding, which never wins otherwise. */
export function seesImage({ attrs }: Node<"max-pool">): boolean {
  return attrs.pads.every((pad, side) => pad < attrs.kernel[side % 2]!);
}
