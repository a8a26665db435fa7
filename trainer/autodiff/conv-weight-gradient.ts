/**
 * @file The gradient of a convolution's weights, in the forms that engines are fast at.
 *
 *     per tap       dw[·,·,ky,kx] = Σ over the batch of dy · (what the tap reads of x)ᵀ
 *     convolution   x and dy exchange samples and channels: x's channels are the
 *                   batch, dy the filters, strides become dilations
 */

import type { ConvAttributes } from "../../model/ir/attributes.ts";
import type { NodeId } from "../../model/ir/graph.ts";
import type { Arithmetic } from "./arithmetic.ts";
import { suitsBlocks } from "./channel-blocks.ts";
import { padded, tapsOf, tapView } from "./windows.ts";

/** M, C/group, kH, kW. */
export type WeightShape = readonly [m: number, c: number, rows: number, columns: number];

/** Whether an engine that works on blocks is faster with the second form. */
export function isConvolution(
  { group, dilations }: ConvAttributes,
  [m, c]: WeightShape,
  block: number,
): boolean {
  return group === 1 && dilations.every(dilation => dilation === 1) && suitsBlocks(m, c, block);
}

/** **Requires** one group, no dilation. */
export function convolvedGradient(
  ops: Arithmetic,
  attrs: ConvAttributes,
  x: NodeId,
  dy: NodeId,
  [, , rows, columns]: WeightShape,
): NodeId {
  const [, , height, width] = ops.shapeOf(dy) as readonly [number, number, number, number];
  const single = rows * columns === 1;
  const view = single
    ? tapView(ops, padded(ops, x, attrs), attrs, { ky: 0, kx: 0 }, [height, width])
    : x;
  const { read, pads } = single ? { read: view, pads: NO_PADS } : exactly(ops, attrs, x, dy);
  const exchanged = [read, dy].map(value => ops.transpose(value, [1, 0, 2, 3]));
  const gradient = ops.op("conv", exchanged, {
    kernel: [height, width],
    strides: [1, 1],
    pads,
    dilations: single ? [1, 1] : attrs.strides,
    group: 1,
    layout: "nchw",
  });
  return ops.transpose(gradient, [1, 0, 2, 3]);
}

const NO_PADS: ConvAttributes["pads"] = [0, 0, 0, 0];

/** The part of x that windows read, and the pads around it: with these the result is kH × kW. */
function exactly(
  ops: Arithmetic,
  { kernel, strides, pads }: ConvAttributes,
  x: NodeId,
  dy: NodeId,
): { readonly read: NodeId; readonly pads: ConvAttributes["pads"] } {
  const [n, c, ...size] = ops.shapeOf(x) as readonly [number, number, number, number];
  const outputs = ops.shapeOf(dy).slice(2);
  const ends = ([0, 1] as const).map(
    axis => (outputs[axis]! - 1) * strides[axis] + kernel[axis] - size[axis]! - pads[axis],
  ) as [number, number];
  const kept = size.map((length, axis) => length + Math.min(0, ends[axis]!));
  const read = ops.slice(x, [0, 0, 0, 0], [n, c, ...kept]);
  const [bottom, right] = ends;
  return { read, pads: [pads[0], pads[1], Math.max(0, bottom), Math.max(0, right)] };
}

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
