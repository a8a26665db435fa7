/** @file Convolutions in blocks of channels: dense ones, and those with one filter per channel. */

import type { Node } from "../../../model/ir/graph.ts";
import type { Attributes } from "../../../model/onnx/export/attributes.ts";
import { windowAttributes } from "../../../model/onnx/export/window.ts";
import { filledUp, suitsBlocks } from "../../autodiff/channel-blocks.ts";
import type { Blocks } from "./blocks.ts";

type Conv = Node<"conv">;

/** The convolution in blocks; `undefined` where that does not pay. */
export function writeConvolution(node: Conv, b: Blocks): string | undefined {
  const { attrs, inputs } = node;
  if (attrs.layout !== "nchw" || attrs.clamp !== undefined) return undefined;
  const [m, c] = b.imageShape(inputs[1]!);
  const depthwise = attrs.group > 1 && attrs.group === m && c === 1;
  if (!depthwise && attrs.group !== 1) return undefined;
  if (!suitsBlocks(m, depthwise ? 1 : c, b.size)) return undefined;
  const blocked = depthwise ? depthwiseConvolution(node, b) : denseConvolution(node, b);
  return b.plainOf(node.id, blocked);
}

/** Inputs of fewer channels than a block come as they are. */
function denseConvolution({ inputs, attrs }: Conv, b: Blocks): string {
  const [x, w] = inputs;
  const few = b.imageShape(w!)[1] < b.size;
  const filters = few ? outerBlocks(b, w!) : innerBlocks(b, w!);
  const image = few ? b.e.value(x!) : b.of(x!);
  return product(inputs, b, image, filters, windowAttributes(attrs));
}

function depthwiseConvolution({ inputs, attrs }: Conv, b: Blocks): string {
  const [x, w] = inputs;
  const [m] = b.imageShape(w!);
  const group = { group: { int: filledUp(m, b.size) } };
  const attributes = { ...windowAttributes(attrs), ...group };
  return product(inputs, b, b.of(x!), outerBlocks(b, w!), attributes);
}

function product(
  inputs: Conv["inputs"],
  b: Blocks,
  image: string,
  filters: string,
  attributes: Attributes,
): string {
  const bias = inputs[2];
  const biases = bias === undefined ? [] : [b.filled(b.e.value(bias), b.shapeOf(bias), [0])];
  return b.emit("Conv", [image, filters, ...biases], attributes);
}

/** [M, C, kH, kW] → [M/B, C/B, kH, kW, B of C, B of M]. */
function innerBlocks(b: Blocks, w: Conv["inputs"][number]): string {
  const { size } = b;
  const shape = b.imageShape(w);
  const [m, c, rows, columns] = [
    filledUp(shape[0], size),
    filledUp(shape[1], size),
    ...shape.slice(2),
  ] as [number, number, number, number];
  const whole = b.filled(b.e.value(w), shape, [0, 1]);
  const split = [m / size, size, c / size, size, rows, columns];
  return b.e.reshape(b.turned(whole, split, [0, 2, 4, 5, 3, 1]), [m, c, rows, columns]);
}

/** [M, C, kH, kW] → [M/B, C, kH, kW, B of M]. */
function outerBlocks(b: Blocks, w: Conv["inputs"][number]): string {
  const { size } = b;
  const shape = b.imageShape(w);
  const [, c, rows, columns] = shape;
  const m = filledUp(shape[0], size);
  const whole = b.filled(b.e.value(w), shape, [0]);
  const split = [m / size, size, c, rows, columns];
  return b.e.reshape(b.turned(whole, split, [0, 2, 3, 4, 1]), [m, c, rows, columns]);
}
