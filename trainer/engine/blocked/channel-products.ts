/**
 * @file Products of two images channel by channel and sample by sample, summed
 * over pixels: moments, and the gradient of weights of one filter per channel.
 *
 * With every channel of every sample a group, one image is the filters of the
 * other, and neither is written anew.
 */

import { tensorOf } from "../../../core/tensor.ts";
import type { Node, NodeId } from "../../../model/ir/graph.ts";
import type { Attributes } from "../../../model/onnx/export/attributes.ts";
import { windowAttributes } from "../../../model/onnx/export/window.ts";
import type { ImageShape } from "../../autodiff/windows.ts";
import type { Blocks } from "./blocks.ts";

/** The depthwise form of `autodiff/conv-weight-gradient.ts`. */
export function writeDepthwiseGradient(node: Node<"conv">, b: Blocks): string | undefined {
  const x = imagesBehind(b, node.inputs[0]!);
  const dy = imagesBehind(b, node.inputs[1]!);
  const { group } = node.attrs;
  if (x === undefined || dy === undefined) return undefined;
  const [n, c] = b.imageShape(x);
  const channels = b.channelsOf(x);
  if (group !== n * c || b.shapeOf(node.inputs[1]!)[0] !== group) return undefined;
  const [, , rows, columns] = node.type.shape as ImageShape;
  const blocked = convolve(b, x, dy, windowAttributes(node.attrs));
  const plain = b.plain(blocked, n * channels);
  const whole = b.e.reshape(plain, [n, channels, rows, columns]);
  return b.e.reshape(b.first(whole, 1, c, channels), node.type.shape);
}

/** Σ or mean over samples and pixels of a product of two images, per channel. */
export function writeMoment(
  node: Node<"reduce-sum" | "reduce-mean">,
  b: Blocks,
): string | undefined {
  const product = b.e.node(node.inputs[0]!);
  const { axes, keepDims } = node.attrs;
  if (product.kind !== "mul" || axes.join() !== "0,2,3" || !b.isImage(product.id)) return undefined;
  const [x, y] = product.inputs as readonly [NodeId, NodeId];
  const same = [x, y].every(id => b.shapeOf(id).join() === product.type.shape.join());
  if (!same || !(b.has(x) || b.has(y))) return undefined;
  const [n, c, rows, columns] = b.imageShape(x);
  const channels = b.channelsOf(x);
  const { e } = b;
  const each = e.reshape(convolve(b, x, y, { kernel_shape: { ints: [rows, columns] } }), [
    n,
    channels,
  ]);
  const axis = e.integers([0], "axes");
  const sum = e.emit("ReduceSum", [b.first(each, 1, c, channels), axis], { keepdims: { int: 0 } });
  const share = tensorOf("f32", [], [1 / (n * rows * columns)]);
  const result =
    node.kind === "reduce-sum" ? sum : e.emit("Mul", [sum, e.constant(share, "share")]);
  return keepDims ? e.reshape(result, [1, c, 1, 1]) : result;
}

/** `y` as filters over `x`: [1, N · C', rows, columns]. */
function convolve(b: Blocks, x: NodeId, y: NodeId, attributes: Attributes): string {
  const [n, , rows, columns] = b.imageShape(x);
  const [, , height, width] = b.imageShape(y);
  const group = n * b.channelsOf(x);
  const images = b.e.reshape(b.of(x), [1, group, rows, columns]);
  const filters = b.e.reshape(b.of(y), [group, 1, height, width]);
  return b.emit("Conv", [images, filters], { ...attributes, group: { int: group } });
}

/** The images whose samples and channels `id` lists as one. */
function imagesBehind(b: Blocks, id: NodeId): NodeId | undefined {
  const node = b.e.node(id);
  const source = node.inputs[0];
  return node.kind === "reshape" && b.isImage(source!) ? source : undefined;
}
