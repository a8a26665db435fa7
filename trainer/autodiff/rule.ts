/** @file What a gradient rule is: how the gradient of a result becomes those of its operands. */

import type { Node, NodeId, OpKind } from "../../model/ir/graph.ts";
import type { Arithmetic } from "./arithmetic.ts";

/** What a rule is asked with. */
export interface GradientRequest<K extends OpKind> {
  readonly node: Node<K>;
  /** Gradient of the loss with respect to the node's value; of the value's shape. */
  readonly dy: NodeId;
  readonly ops: Arithmetic;
  /** Channels of a block, if the engine computes convolutions in blocks of channels. */
  readonly block?: number | undefined;
  /** Whether the gradient of operand `index` is wanted at all. */
  needed(index: number): boolean;
}

export interface GradientRule<K extends OpKind = OpKind> {
  readonly kind: K;
  /**
   * One entry per operand, of the operand's shape; `undefined` where no
   * gradient flows or none is wanted.
   */
  gradient(request: GradientRequest<K>): readonly (NodeId | undefined)[];
}

/**
 * A gradient that the author of a formula states for it as a whole, in place
 * of what the rules would derive: straight-through estimators, and formulas
 * whose combined gradient is cheaper.
 */
export interface CustomGradient {
  /** The values that the gradient flows to. */
  readonly operands: readonly NodeId[];
  /** One entry per operand, as a rule gives them. */
  gradient(dy: NodeId): readonly (NodeId | undefined)[];
}

export type CustomGradients = ReadonlyMap<NodeId, CustomGradient>;
