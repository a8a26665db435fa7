/**
 * @file The gradient of a convolution's weights as a convolution itself, for
 * engines that compute convolutions in blocks of channels. Filters are as large
 * as the image, and strides become dilations.
 *
 *     dense       samples and channels change places: x's channels are the
 *                 batch, dy's the filters, and samples are summed over
 *     depthwise   every channel of every sample is a group, and the results
 *                 are summed over the batch
 */

import type { ConvAttributes } from "../../model/ir/attributes.ts";
import type { NodeId } from "../../model/ir/graph.ts";
import type { Arithmetic } from "./arithmetic.ts";
import { suitsBlocks } from "./channel-blocks.ts";
import { type ImageShape, padded, tapView, type WeightShape } from "./windows.ts";

/** Whether an engine with blocks of `block` channels is faster with this form. */
export function isConvolution(attrs: ConvAttributes, [m, c]: WeightShape, block: number): boolean {
  if (attrs.dilations.some(dilation => dilation !== 1)) return false;
  return isDepthwise(attrs, m, c)
    ? suitsBlocks(m, 1, block)
    : attrs.group === 1 && suitsBlocks(m, c, block);
}

function isDepthwise({ group }: ConvAttributes, m: number, c: number): boolean {
  return group > 1 && group === m && c === 1;
}

/** **Requires** `isConvolution`. */
export function convolvedGradient(
  ops: Arithmetic,
  attrs: ConvAttributes,
  x: NodeId,
  dy: NodeId,
  [m, c, rows, columns]: WeightShape,
): NodeId {
  const [, , height, width] = ops.shapeOf(dy) as ImageShape;
  const single = rows * columns === 1;
  const read = single ? onlyTap(ops, attrs, x, [height, width]) : exactly(ops, attrs, x, dy);
  const window: ConvAttributes = {
    kernel: [height, width],
    strides: [1, 1],
    dilations: single ? [1, 1] : attrs.strides,
    pads: read.pads,
    group: 1,
    layout: "nchw",
  };
  if (isDepthwise(attrs, m, c)) return depthwise(ops, read.x, dy, window);
  const exchanged = [read.x, dy].map(value => ops.transpose(value, [1, 0, 2, 3]));
  const gradient = ops.op("conv", exchanged, window);
  return ops.transpose(gradient, [1, 0, 2, 3]);
}

function depthwise(ops: Arithmetic, x: NodeId, dy: NodeId, window: ConvAttributes): NodeId {
  const [n, c, rows, columns] = ops.shapeOf(x) as ImageShape;
  const [, , height, width] = ops.shapeOf(dy) as ImageShape;
  const images = ops.reshape(x, [1, n * c, rows, columns]);
  const filters = ops.reshape(dy, [n * c, 1, height, width]);
  const each = ops.op("conv", [images, filters], { ...window, group: n * c });
  const [, , kernelRows, kernelColumns] = ops.shapeOf(each) as ImageShape;
  const sum = ops.sum(ops.reshape(each, [n, c, kernelRows, kernelColumns]), [0]);
  return ops.reshape(sum, [c, 1, kernelRows, kernelColumns]);
}

/** What windows read of x, and the pads around it: with these the result is kH × kW. */
interface Read {
  readonly x: NodeId;
  readonly pads: ConvAttributes["pads"];
}

function onlyTap(
  ops: Arithmetic,
  attrs: ConvAttributes,
  x: NodeId,
  outputs: readonly [number, number],
): Read {
  const view = tapView(ops, padded(ops, x, attrs), attrs, { ky: 0, kx: 0 }, outputs);
  return { x: view, pads: [0, 0, 0, 0] };
}

function exactly(
  ops: Arithmetic,
  { kernel, strides, pads }: ConvAttributes,
  x: NodeId,
  dy: NodeId,
): Read {
  const [n, c, ...size] = ops.shapeOf(x) as ImageShape;
  const outputs = ops.shapeOf(dy).slice(2);
  const ends = ([0, 1] as const).map(
    axis => (outputs[axis]! - 1) * strides[axis] + kernel[axis] - size[axis]! - pads[axis],
  ) as [number, number];
  const kept = size.map((length, axis) => length + Math.min(0, ends[axis]!));
  const [bottom, right] = ends;
  return {
    x: ops.slice(x, [0, 0, 0, 0], [n, c, ...kept]),
    pads: [pads[0], pads[1], Math.max(0, bottom), Math.max(0, right)],
  };
}
