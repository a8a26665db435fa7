/**
 * @file The gradient of a dense convolution's weights, as one convolution in blocks.
 *
 * The graph has it as the convolution of x with dy that exchanges channels and
 * samples (`autodiff/conv-weight-gradient.ts`): its filters are as large as the
 * image and its result as small as the weights. Here samples are what is summed in
 * blocks, and x's channels lie side by side along a row, where the dilation
 * steps over them: so the kernel has kW · B results per row to work on.
 *
 *     x   [N, C/B, H, W, B]  →  C/B images  [N/B, H, W·B, B of N]
 *     dy  [N, M/B, h, w, B]  →  filters     [M/B, N/B, h, w, B of N, B of M]
 *     dw                        C/B results [M, kH, kW·B]
 */

import type { Node, NodeId } from "../../../model/ir/graph.ts";
import { filledUp } from "../../autodiff/channel-blocks.ts";
import type { Blocks } from "./blocks.ts";

/** The gradient in blocks; `undefined` if `node` is another convolution. */
export function writeWeightGradient(node: Node<"conv">, b: Blocks): string | undefined {
  const x = exchanged(b, node.inputs[0]!);
  const dy = exchanged(b, node.inputs[1]!);
  const { strides, group } = node.attrs;
  if (x === undefined || dy === undefined || group !== 1) return undefined;
  if (strides.some(stride => stride !== 1)) return undefined;
  return gradient(node, b, x, dy);
}

/** The value that `id` is with its first two dimensions exchanged. */
function exchanged(b: Blocks, id: NodeId): NodeId | undefined {
  const node = b.e.node(id);
  if (node.kind !== "transpose" || node.attrs.permutation.join() !== "1,0,2,3") return undefined;
  return node.inputs[0];
}

function gradient({ attrs, type }: Node<"conv">, b: Blocks, x: NodeId, dy: NodeId): string {
  const [c, m, rows, columns] = type.shape as readonly [number, number, number, number];
  const { lanes, groups, images } = sideBySide(b, x, attrs.pads);
  const [vertical, horizontal] = attrs.dilations;
  const blocked = b.emit("Conv", [images, filters(b, dy)], {
    kernel_shape: { ints: attrs.kernel },
    dilations: { ints: [vertical, horizontal * lanes] },
  });
  const split = [groups, m, rows, columns, lanes];
  const turned = b.turned(b.plain(blocked, m), split, [0, 4, 1, 2, 3]);
  const all = b.e.reshape(turned, [groups * lanes, m, rows, columns]);
  return b.first(all, 0, c, groups * lanes);
}

interface SideBySide {
  /** Channels along a row. */
  readonly lanes: number;
  readonly groups: number;
  /** [groups, N, H, W · lanes], in blocks of samples. */
  readonly images: string;
}

function sideBySide(
  b: Blocks,
  x: NodeId,
  [top, left, bottom, right]: Node<"conv">["attrs"]["pads"],
): SideBySide {
  const [n, c, height, width] = b.imageShape(x);
  const few = c < b.size;
  const lanes = few ? c : b.size;
  const groups = few ? 1 : filledUp(c, b.size) / b.size;
  const samples = filledUp(n, b.size);
  const last = few ? b.e.transpose(b.e.value(x), [0, 2, 3, 1]) : b.of(x);
  const split = b.e.reshape(last, [n, groups, height, width, lanes]);
  const bordered = b.padded(split, [0, 0, top, left, 0], [samples - n, 0, bottom, right, 0]);
  const outer = groups === 1 ? bordered : b.e.transpose(bordered, [1, 0, 2, 3, 4]);
  const [rows, columns] = [height + top + bottom, (width + left + right) * lanes];
  const planes = b.e.reshape(outer, [(groups * samples) / b.size, b.size, rows, columns]);
  const blocked = b.emit("ReorderInput", [planes]);
  return { lanes, groups, images: b.e.reshape(blocked, [groups, samples, rows, columns]) };
}

function filters(b: Blocks, dy: NodeId): string {
  const { size } = b;
  const [n, m, rows, columns] = b.imageShape(dy);
  const outputs = filledUp(m, size);
  const samples = filledUp(n, size);
  const whole = b.padded(b.of(dy), [0, 0, 0, 0], [samples - n, 0, 0, 0]);
  const split = [samples / size, size, outputs / size, rows * columns, size];
  return b.e.reshape(b.turned(whole, split, [2, 0, 3, 1, 4]), [outputs, samples, rows, columns]);
}
