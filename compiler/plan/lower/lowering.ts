/**
 * @file What a lowering provides: how the nodes of one kind become kernel calls.
 */

import type { Tensor } from "../../../core/tensor.ts";
import type { Node, OpKind } from "../../../model/ir/graph.ts";
import type { Address, Argument, Touch } from "../draft.ts";
import type { StaticRole } from "../plan.ts";
import type { Candidate, KernelRow } from "../select.ts";
import type { Halo, View } from "../view.ts";

export interface Lowering<K extends OpKind> {
  readonly kind: K;
  /** Why no kernel computes `node`, as a clause; `undefined` if one does. */
  rejects(node: Node<K>, operands: readonly Node[]): string | undefined;
  /** The room that the node needs around the images of operand 0. */
  halo?(node: Node<K>): Halo;
  /**
   * Where each operand may be computed so that this node has less to move:
   * places within `result`, the node's own. Two operands may be offered the
   * same place; one of them gets it.
   */
  operandViews?(
    node: Node<K>,
    operands: readonly Node[],
    result: View,
  ): readonly (View | undefined)[];
  lower(node: Node<K>, step: Step): void;
}

/** What a lowering sees and does: one node at a time. */
export interface Step {
  readonly operands: readonly Node[];
  /** Where the node's value goes. */
  readonly result: View;
  /** Where operand `index` is. */
  view(index: number): View;
  /** The same, with the halo that `Lowering.halo` asked for around each image. */
  padded(index: number): View;
  /** The data of operand `index`, which is a constant; `undefined` for any other. */
  tensor(index: number): Tensor | undefined;
  /** Puts `data` into the module; `what` names it. */
  constant(role: StaticRole, data: Uint8Array, what: string): Address;
  /** The cheapest kernel of a family that has no choice of packing. */
  kernel(family: string): KernelRow;
  /** The kernels of a family on this tier. */
  kernels(family: string): readonly KernelRow[];
  /** Runs the cheapest candidate. */
  choose(candidates: readonly Candidate[]): void;
  call(kernel: KernelRow, args: readonly Argument[], touch: Touch): void;
  /** What reports say of the node's weights. */
  report(weights: WeightFacts): void;
}

export interface WeightFacts {
  readonly weights: "ternary" | "int8" | "f32";
  readonly weightCount: number;
  readonly sparsity: number;
  /** Packed, with padding. */
  readonly storedBytes: number;
  readonly macs: number;
}
