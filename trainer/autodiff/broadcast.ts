/** @file Undoes broadcasting in a gradient. */

import { type Shape, sameShape } from "../../core/shape.ts";
import type { NodeId } from "../../model/ir/graph.ts";
import type { Arithmetic } from "./arithmetic.ts";

/** `gradient` summed over the axes along which an operand of `shape` was repeated. */
export function sumToShape(ops: Arithmetic, gradient: NodeId, shape: Shape): NodeId {
  const from = ops.shapeOf(gradient);
  if (sameShape(from, shape)) return gradient;
  const missing = from.length - shape.length;
  const axes: number[] = [];
  for (let axis = 0; axis < from.length; axis++) {
    if (axis < missing || (shape[axis - missing] === 1 && from[axis] !== 1)) axes.push(axis);
  }
  return ops.reshape(ops.sum(gradient, axes, true), shape);
}
