/**
 * @file gain · x + shift per channel: normalisation with given statistics, or a
 * product with one number per channel.
 *
 * In blocks this is a convolution with one 1×1 filter per channel. It adds
 * another image and applies a ReLU on the way, so those cost no pass of their own.
 */

import { tensorOf } from "../../../core/tensor.ts";
import type { Node, NodeId } from "../../../model/ir/graph.ts";
import { filledUp } from "../../autodiff/channel-blocks.ts";
import type { Affine, Blocks } from "./blocks.ts";

export function writeNormalization(
  node: Node<"batch-normalization">,
  b: Blocks,
): string | undefined {
  const [x, scale, bias, mean, variance] = node.inputs as readonly NodeId[];
  if (node.attrs.axis !== 1 || !b.isImage(x!) || !b.has(x!)) return undefined;
  const { e } = b;
  const epsilon = e.constant(tensorOf("f32", [], [node.attrs.epsilon]), "epsilon");
  const deviation = e.emit("Sqrt", [e.emit("Add", [e.value(variance!), epsilon])]);
  const gain = e.emit("Div", [e.value(scale!), deviation]);
  const shift = e.emit("Sub", [e.value(bias!), e.emit("Mul", [e.value(mean!), gain])]);
  const channels = b.imageShape(x!)[1];
  return settle(node.id, b, {
    x: x!,
    gain: column(b, gain, channels),
    shift: b.filled(shift, [channels], [0]),
  });
}

/** A product of an image in blocks with one number per channel. */
export function writeScaling(node: Node<"mul">, b: Blocks): string | undefined {
  const [first, second] = node.inputs as readonly [NodeId, NodeId];
  const [x, factor] = b.has(first) ? [first, second] : [second, first];
  if (!b.has(x) || !b.isImage(x) || !b.isImage(factor)) return undefined;
  const channels = b.imageShape(x)[1];
  if (b.shapeOf(factor).join() !== [1, channels, 1, 1].join()) return undefined;
  return settle(node.id, b, { x, gain: column(b, b.e.value(factor), channels) });
}

/** A sum with an affine image, which that computes along. */
export function writeAffineSum(node: Node<"add">, b: Blocks): string | undefined {
  const [first, second] = node.inputs as readonly [NodeId, NodeId];
  const [own, other] = b.affine.has(second) ? [second, first] : [first, second];
  const affine = b.affine.get(own);
  if (affine === undefined || b.shapeOf(other).join() !== node.type.shape.join()) return undefined;
  const addend = b.of(other);
  b.rectified.set(node.id, () => compute(b, affine, addend, true));
  return b.plainOf(node.id, compute(b, affine, addend, false));
}

/** A ReLU, computed along with what it reads. */
export function writeRectified(node: Node<"clamp">, b: Blocks): string | undefined {
  const make = b.rectified.get(node.inputs[0]!);
  const { min, max } = node.attrs;
  if (make === undefined || min !== 0 || max !== Infinity) return undefined;
  return b.plainOf(node.id, make());
}

function settle(id: NodeId, b: Blocks, affine: Affine): string {
  b.affine.set(id, affine);
  b.rectified.set(id, () => compute(b, affine, undefined, true));
  return b.plainOf(id, compute(b, affine, undefined, false));
}

function compute(b: Blocks, affine: Affine, addend: string | undefined, relu: boolean): string {
  const { x, gain, shift } = affine;
  const channels = b.channelsOf(x);
  const operands = [b.of(x), gain, shift ?? b.zeros(channels)];
  return b.emit("Conv", addend === undefined ? operands : [...operands, addend], {
    kernel_shape: { ints: [1, 1] },
    group: { int: channels },
    ...(relu ? { activation: { string: "Relu" } } : {}),
  });
}

/** One filter per channel from `values`, [C]. */
function column(b: Blocks, values: string, channels: number): string {
  const filled = b.filled(b.e.reshape(values, [channels]), [channels], [0]);
  return b.e.reshape(filled, [filledUp(channels, b.size), 1, 1, 1]);
}
