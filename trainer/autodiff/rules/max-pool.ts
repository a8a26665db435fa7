/**
 * @file y = the largest of each window: dy goes to the elements that attain it,
 * in equal shares.
 *
 * Quantised activations tie often; equal shares keep the sum of the gradient.
 */

import { InternalError } from "../../../model/diagnostics/diagnostic.ts";
import type { Window } from "../../../model/ir/attributes.ts";
import type { NodeId } from "../../../model/ir/graph.ts";
import { type Arithmetic, scalar } from "../arithmetic.ts";
import { suitsBlocks } from "../channel-blocks.ts";
import type { GradientRule } from "../rule.ts";
import { type ImageShape, padded, tapsOf, tapView, unreached } from "../windows.ts";

export const maxPool: GradientRule<"max-pool"> = {
  kind: "max-pool",
  gradient: ({ node, dy, ops, block }) => {
    if (node.attrs.layout !== "nchw") throw new InternalError("differentiate: max-pool in nhwc");
    const x = node.inputs[0]!;
    if (!tiles(node.attrs)) return [sliding(ops, x, node.id, dy, node.attrs)];
    const spreads = block !== undefined && covers(ops, x, node.id, node.attrs, block);
    return [spreads ? spread(ops, x, node.id, dy, node.attrs) : tiled(ops, x, node.id, dy)];
  },
};

/** Whether windows leave nothing out, and channels are worth computing in blocks. */
function covers(ops: Arithmetic, x: NodeId, y: NodeId, { kernel }: Window, block: number): boolean {
  const [, channels, ...size] = ops.shapeOf(x) as ImageShape;
  const outputs = ops.shapeOf(y).slice(2);
  const whole = size.every((length, axis) => length === outputs[axis]! * kernel[axis]!);
  return whole && suitsBlocks(channels, 1, block);
}

/** Results repeated over their windows, as images of x's size: for engines with blocks of channels. */
function spread(ops: Arithmetic, x: NodeId, y: NodeId, dy: NodeId, window: Window): NodeId {
  const { kernel } = window;
  const [, channels] = ops.shapeOf(x) as ImageShape;
  const ones = ops.filled([channels, 1, ...kernel], 1);
  const repeated = (value: NodeId): NodeId =>
    ops.op("conv-transpose", [value, ones], {
      ...window,
      group: channels,
      layout: "nchw",
      outputPadding: [0, 0],
    });
  const hits = ops.indicator(ops.compare("equal", x, repeated(y)));
  const shares = ops.op("average-pool", [hits], {
    ...window,
    layout: "nchw",
    countIncludePad: false,
  });
  const count = ops.mul(shares, scalar(kernel[0] * kernel[1]));
  return ops.mul(hits, repeated(ops.div(dy, count)));
}

/** Whether windows neither overlap, nor skip, nor reach over the edge. */
function tiles({ kernel, strides, pads, dilations }: Window): boolean {
  return (
    kernel.join() === strides.join() &&
    pads.every(pad => pad === 0) &&
    dilations.every(dilation => dilation === 1)
  );
}

/** Each window an axis pair of its own: one comparison for all taps. */
function tiled(ops: Arithmetic, x: NodeId, y: NodeId, dy: NodeId): NodeId {
  const [n, c, height, width] = ops.shapeOf(x) as readonly [number, number, number, number];
  const [, , rows, columns] = ops.shapeOf(y) as readonly [number, number, number, number];
  const tall = Math.floor(height / rows);
  const wide = Math.floor(width / columns);
  const covered = [n, c, rows * tall, columns * wide];
  const cells = ops.reshape(ops.slice(x, [0, 0, 0, 0], covered), [n, c, rows, tall, columns, wide]);
  const best = ops.reshape(y, [n, c, rows, 1, columns, 1]);
  const hits = ops.indicator(ops.compare("equal", cells, best));
  const share = ops.div(ops.reshape(dy, [n, c, rows, 1, columns, 1]), ops.sum(hits, [3, 5], true));
  const dx = ops.reshape(ops.mul(hits, share), covered);
  return ops.pad(dx, [0, 0, 0, 0], [0, 0, height - rows * tall, width - columns * wide]);
}

/**
 * One plane per tap; a transposed depthwise convolution with one-hot filters
 * puts every plane back where its tap read.
 */
function sliding(ops: Arithmetic, x: NodeId, y: NodeId, dy: NodeId, window: Window): NodeId {
  const [n, c, height, width] = ops.shapeOf(x) as readonly [number, number, number, number];
  const [, , rows, columns] = ops.shapeOf(y) as readonly [number, number, number, number];
  const taps = tapsOf(window);
  const input = padded(ops, x, window, -Infinity);
  const hits = taps.map(tap => {
    const view = tapView(ops, input, window, tap, [rows, columns]);
    return ops.indicator(ops.compare("equal", view, y));
  });
  const share = ops.div(dy, ops.total(hits));
  const planes = hits.map(hit => ops.reshape(ops.mul(hit, share), [n, c, 1, rows, columns]));
  const stacked = ops.reshape(ops.concat(planes, 2), [n, c * taps.length, rows, columns]);
  const [kernelRows, kernelColumns] = window.kernel;
  const oneHot = Array.from({ length: c * taps.length ** 2 }, (_, i) =>
    Math.floor(i / taps.length) % taps.length === i % taps.length ? 1 : 0,
  );
  const filters = ops.constant([c * taps.length, 1, kernelRows, kernelColumns], oneHot);
  return ops.op("conv-transpose", [stacked, filters], {
    ...window,
    group: c,
    layout: "nchw",
    outputPadding: unreached([height, width], window),
  });
}
