/**
 * @file The ways to compute a ternary `qconv` on channel planes.
 *
 * To add one: write its `PlaneMethod`, add it to the list, and its kernels'
 * costs to compiler/costs/. The planner prices the calls that `lower` makes and
 * chooses among all methods and the library kernels (docs/planner.md).
 */

import type { Node } from "../../../model/ir/graph.ts";
import { lowerToCode, rejectsPlanes } from "./code-convolution.ts";
import { lowerToLists, lowerToSlot, rejectsLists } from "./list-convolution.ts";
import type { Nodes, Step } from "./lowering.ts";
import type { PlaneMethodName } from "./methods.ts";

export interface PlaneMethod {
  readonly name: PlaneMethodName;
  /** Why the method cannot compute `node`, in either layout, as a clause. */
  rejects(node: Node<"qconv">, operands: readonly Node[], graph: Nodes): string | undefined;
  /** Emits the calls for `node`, which is channel-first. */
  lower(node: Node<"qconv">, step: Step): void;
}

/** Where the loader writes the code, a kernel over lists stands in for it till then. */
const code: PlaneMethod = {
  name: "code",
  rejects: rejectsPlanes,
  lower(node, step) {
    const waits = step.codeAtLoad && rejectsLists(node, step.operands) === undefined;
    (waits ? lowerToSlot : lowerToCode)(node, step);
  },
};
const lists: PlaneMethod = { name: "lists", rejects: rejectsLists, lower: lowerToLists };

/** In order of preference where nobody chose. */
export const PLANE_METHODS: readonly PlaneMethod[] = [code, lists];

/** The methods that can compute `node`. */
export function planeMethodsOf(
  node: Node<"qconv">,
  operands: readonly Node[],
  graph: Nodes,
): readonly PlaneMethod[] {
  return PLANE_METHODS.filter(method => method.rejects(node, operands, graph) === undefined);
}

/** Why no method can compute `node` on planes, as a clause: what the first one says. */
export function rejectsMethods(
  node: Node<"qconv">,
  operands: readonly Node[],
  graph: Nodes,
): string | undefined {
  const reasons = PLANE_METHODS.map(method => method.rejects(node, operands, graph));
  return reasons.includes(undefined) ? undefined : reasons[0];
}

/** Lowers `node` by the method that was chosen for it, or else by the first that can. */
export function lowerOnPlanes(node: Node<"qconv">, step: Step): void {
  const able = planeMethodsOf(node, step.operands, step.nodes);
  const method = able.find(({ name }) => name === step.method) ?? able[0]!;
  method.lower(node, step);
}
