/** @file Constants that hold one value per channel, as biases and scales do. */

import type { Shape } from "../../core/shape.ts";
import { numberAt, type Tensor } from "../../core/tensor.ts";
import type { Node } from "../../model/ir/graph.ts";

/** The axis that holds the output channels of a convolution or matrix product. */
export function channelAxis(node: Node<"conv"> | Node<"gemm">): number {
  return node.kind === "conv" && node.attrs.layout === "nhwc" ? 3 : 1;
}

/**
 * One value per index of `axis`, if `constant`, broadcast to `shape`, varies
 * along nothing else and leaves `shape` as it is.
 */
export function alongAxis(
  constant: Tensor,
  shape: Shape,
  axis: number,
): readonly number[] | undefined {
  const missing = shape.length - constant.shape.length;
  if (missing < 0) return undefined;
  const varies = constant.shape.map((dim, i) => (dim > 1 ? i + missing : axis));
  if (varies.some(i => i !== axis)) return undefined;
  const length = constant.data.length;
  if (length !== 1 && length !== shape[axis]) return undefined;
  return Array.from({ length: shape[axis]! }, (_, c) => numberAt(constant, length === 1 ? 0 : c));
}

/** The shape in which one value per index of `axis` broadcasts to a tensor of `rank`. */
export function channelShape(count: number, rank: number, axis: number): number[] {
  return Array.from({ length: rank }, (_, i) => (i === axis ? count : 1));
}

/** The single value of `constant`, if all its elements are equal. */
export function uniformValue(constant: Tensor): number | undefined {
  const first = numberAt(constant, 0);
  for (let i = 1; i < constant.data.length; i++) {
    if (!Object.is(numberAt(constant, i), first)) return undefined;
  }
  return constant.data.length === 0 ? undefined : first;
}
