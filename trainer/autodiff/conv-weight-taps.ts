/**
 * @file The gradient of a convolution's weights, tap by tap:
 *
 *     dw[·,·,ky,kx] = Σ over the batch of dy · (what the tap reads of x)ᵀ
 */

import type { ConvAttributes } from "../../model/ir/attributes.ts";
import type { NodeId } from "../../model/ir/graph.ts";
import type { Arithmetic } from "./arithmetic.ts";
import { padded, tapsOf, tapView, type WeightShape } from "./windows.ts";

/** For every engine, and every convolution. */
export function gradientPerTap(
  ops: Arithmetic,
  attrs: ConvAttributes,
  x: NodeId,
  dy: NodeId,
  [m, c, rows, columns]: WeightShape,
): NodeId {
  const [, , height, width] = ops.shapeOf(dy) as readonly [number, number, number, number];
  const input = padded(ops, x, attrs);
  const depthwise = c === 1 && attrs.group === m;
  const perTap = tapsOf(attrs).map(tap => {
    const view = tapView(ops, input, attrs, tap, [height, width]);
    const product = depthwise
      ? ops.sum(ops.mul(dy, view), [0, 2, 3])
      : tapProduct(ops, dy, view, attrs.group);
    return ops.reshape(product, [1, m, c]);
  });
  const stacked = ops.transpose(ops.concat(perTap, 0), [1, 2, 0]);
  return ops.reshape(stacked, [m, c, rows, columns]);
}

/** Σ over batch and pixels of dy[m]·view[c], within each group: M/g · C/g per group. */
function tapProduct(ops: Arithmetic, dy: NodeId, view: NodeId, group: number): NodeId {
  const [n, m, height, width] = ops.shapeOf(dy) as readonly [number, number, number, number];
  const channels = ops.shapeOf(view)[1]!;
  const pixels = height * width;
  const split = (value: NodeId, count: number): NodeId =>
    group === 1
      ? ops.reshape(value, [n, count, pixels])
      : ops.reshape(value, [n, group, count / group, pixels]);
  const product = ops.op("matmul", [split(dy, m), split(view, channels)], {
    transposeA: false,
    transposeB: true,
  });
  return ops.sum(product, [0]);
}
