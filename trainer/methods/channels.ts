/** @file Output channels, or filters, of a weight [M, …]. */

import { elementCount, type Shape } from "../../core/shape.ts";

/** The axes within one output channel: all but the first. */
export function channelAxes(shape: Shape): number[] {
  return shape.slice(1).map((_, i) => i + 1);
}

/** The shape of one value per channel that broadcasts over the weight: [M, 1, …]. */
export function channelColumn(shape: Shape): number[] {
  return shape.map((dim, axis) => (axis === 0 ? dim : 1));
}

/** `each` of the range of elements, from `from` to before `to`, of every channel. */
export function perChannel<T>(
  shape: Shape,
  each: (from: number, to: number, channel: number) => T,
): T[] {
  const depth = elementCount(shape.slice(1));
  return Array.from({ length: shape[0]! }, (_, channel) =>
    each(channel * depth, (channel + 1) * depth, channel),
  );
}

/** The Euclidean norm of every channel. */
export function channelNorms(weight: ArrayLike<number>, shape: Shape): number[] {
  return perChannel(shape, (from, to) => {
    let sum = 0;
    for (let i = from; i < to; i++) sum += weight[i]! * weight[i]!;
    return Math.sqrt(sum);
  });
}
