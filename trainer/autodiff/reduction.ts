/** @file What the gradients of reductions share: the result's shape with its axes kept. */

import type { Shape } from "../../core/shape.ts";
import type { NodeId } from "../../model/ir/graph.ts";
import type { Arithmetic } from "./arithmetic.ts";

/** `shape` with length 1 along `axes`. */
export function keptShape(shape: Shape, axes: readonly number[]): Shape {
  return shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
}

/** Number of elements that one element of the reduction stands for. */
export function reducedCount(shape: Shape, axes: readonly number[]): number {
  return axes.reduce((count, axis) => count * shape[axis]!, 1);
}

/** `dy`, repeated along the reduced axes to `shape`. */
export function spread(ops: Arithmetic, dy: NodeId, shape: Shape, axes: readonly number[]): NodeId {
  return ops.expand(ops.reshape(dy, keptShape(shape, axes)), shape);
}
