/**
 * @file What a lowering provides: how the nodes of one kind become kernel calls.
 */

import type { SimdTier } from "../../../core/abi.ts";
import type { Interval } from "../../../core/interval.ts";
import type { Tensor } from "../../../core/tensor.ts";
import type { Graph, Node, OpKind } from "../../../model/ir/graph.ts";
import type { Address, Argument } from "../argument.ts";
import type { PlanesNeed, PlanesPlace } from "../channel-planes.ts";
import type { Touch } from "../draft.ts";
import type { StaticRole } from "../plan.ts";
import type { Candidate, KernelRow } from "../select.ts";
import type { BufferBlock, Halo, View } from "../view.ts";
import type { PlaneMethodName } from "./methods.ts";

export interface Lowering<K extends OpKind> {
  readonly kind: K;
  /** Why no kernel computes `node`, as a clause; `undefined` if one does. */
  rejects(node: Node<K>, operands: readonly Node[], graph: Nodes): string | undefined;
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
  /** Which values of the node are channel planes; absent: none, all are dense. */
  planes?(node: Node<K>): PlanesUse;
  lower(node: Node<K>, step: Step): void;
}

/** The part of a graph that says what operands are. */
export type Nodes = Pick<Graph, "nodes">;

/** How a node takes an operand: dense, as planes, or `Step.copyOperand` from wherever it is. */
export type OperandForm = "dense" | "any" | PlanesNeed;

export interface PlanesUse {
  /** By operand; those that are not listed are dense. */
  readonly operands: readonly OperandForm[];
  /** Whether the result is written as planes. */
  readonly result: boolean;
}

/** A node that knows nothing of planes. */
export const NO_PLANES: PlanesUse = { operands: [], result: false };

/** What a lowering sees and does: one node at a time. */
export interface Step {
  readonly operands: readonly Node[];
  /** The graph's nodes, among them the operands. */
  readonly nodes: Nodes;
  /** The method that the planner chose for a convolution on planes, if it did. */
  readonly method: PlaneMethodName | undefined;
  /** Whether code is written by the loader, not now. */
  readonly codeAtLoad: boolean;
  /** Where the node's value goes. */
  readonly result: View;
  /** Where operand `index` is. */
  view(index: number): View;
  /** The same, with the halo that `Lowering.halo` asked for around each image. */
  padded(index: number): View;
  /** Operand `index` as the planes that `Lowering.planes` asked for. */
  planes(index: number): PlanesPlace;
  /** Where the node's value goes that is written as planes. */
  readonly resultPlanes: PlanesPlace;
  /** The instructions that code may use. */
  readonly tier: SimdTier;
  /** How many threads share the work: rows of results, or functions, so many or more. */
  readonly threads: number;
  /** Memory that the node's calls use among themselves. */
  scratch(bytes: number): BufferBlock;
  /** Fills the halo of the result's planes now: no such call comes between those that follow. */
  fillHalo(): void;
  /** Copies operand `index`, of which `target` is a view, from where it is. */
  copyOperand(index: number, target: View): void;
  /** The bounds of the integers that occur in operand `index`. */
  range(index: number): Interval;
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
  /** With `roomBytes`, in a slot: for code that a loader writes, with so many bytes of data. */
  call(kernel: KernelRow, args: readonly Argument[], touch: Touch, roomBytes?: number): void;
  /** Calls a function that is written for this node. */
  callCode(body: Uint8Array, args: readonly Argument[], touch: Touch): void;
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
