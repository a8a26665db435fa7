/** @file Sums, means and extremes of images in blocks, and the way back from a mean per image. */

import { elementCount } from "../../../core/shape.ts";
import { tensorOf } from "../../../core/tensor.ts";
import type { Node, NodeId } from "../../../model/ir/graph.ts";
import { filledUp } from "../../autodiff/channel-blocks.ts";
import type { Blocks } from "./blocks.ts";

/** Per channel, over samples, rows and columns. */
export function writeChannelReduction(
  node: Node<"reduce-sum" | "reduce-mean">,
  b: Blocks,
): string | undefined {
  const x = node.inputs[0]!;
  const { axes, keepDims } = node.attrs;
  if (!b.has(x) || !b.isImage(x) || axes.join() !== "0,2,3") return undefined;
  const [n, c, rows, columns] = b.imageShape(x);
  const { e } = b;
  const means = b.first(imageMeans(b, x), 1, c, b.channelsOf(x));
  const sum = e.emit("ReduceSum", [means, e.integers([0], "axes")], { keepdims: { int: 0 } });
  const factor = node.kind === "reduce-sum" ? rows * columns : 1 / n;
  const scaled = e.emit("Mul", [sum, e.constant(tensorOf("f32", [], [factor]), "factor")]);
  return keepDims ? e.reshape(scaled, [1, c, 1, 1]) : scaled;
}

/** The extreme of all elements; only of images that nothing fills up. */
export function writeExtreme(
  node: Node<"reduce-max" | "reduce-min">,
  b: Blocks,
): string | undefined {
  const x = node.inputs[0]!;
  const { axes, keepDims } = node.attrs;
  if (!b.has(x) || !b.isImage(x) || axes.length !== 4 || keepDims) return undefined;
  const [n, c, rows, columns] = b.imageShape(x);
  if (c % b.size !== 0) return undefined;
  const flat = b.e.reshape(b.of(x), [n * c * rows * columns]);
  const operator = node.kind === "reduce-max" ? "ReduceMax" : "ReduceMin";
  return b.e.emit(operator, [flat], { keepdims: { int: 0 } });
}

/** The mean of whole images. */
export function writeImageMean(node: Node<"average-pool">, b: Blocks): string | undefined {
  const x = node.inputs[0]!;
  const [n, c, rows, columns] = b.imageShape(x);
  const { kernel, pads } = node.attrs;
  const whole = kernel[0] === rows && kernel[1] === columns && pads.every(pad => pad === 0);
  if (!b.has(x) || !whole) return undefined;
  const means = b.first(imageMeans(b, x), 1, c, b.channelsOf(x));
  return b.e.reshape(means, [n, c, 1, 1]);
}

/** One number per channel of an image, repeated over rows and columns. */
export function writeSpread(node: Node<"expand">, b: Blocks): string | undefined {
  const x = node.inputs[0]!;
  if (!b.isImage(x) || !b.isImage(node.id)) return undefined;
  const [n, c, rows, columns] = b.imageShape(node.id);
  if (b.shapeOf(x).join() !== [n, c, 1, 1].join() || elementCount(node.type.shape) === n * c) {
    return undefined;
  }
  const channels = filledUp(c, b.size);
  const filled = b.filled(b.e.value(x), b.shapeOf(x), [1]);
  const blocks = [n, channels / b.size];
  const split = b.e.reshape(filled, [...blocks, 1, 1, b.size]);
  const shape = b.e.integers([...blocks, rows, columns, b.size], "shape");
  const spread = b.e.emit("Expand", [split, shape]);
  return b.plainOf(node.id, b.e.reshape(spread, [n, channels, rows, columns]));
}

/** [N, C'] */
function imageMeans(b: Blocks, x: NodeId): string {
  const [n] = b.imageShape(x);
  const pooled = b.emit("GlobalAveragePool", [b.of(x)]);
  return b.e.reshape(pooled, [n, b.channelsOf(x)]);
}
