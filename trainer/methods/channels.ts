/** @file Output channels of a weight [M, …]. */

import { elementCount, type Shape } from "../../core/shape.ts";

/** The axes within one output channel: all but the first. */
export function channelAxes(shape: Shape): number[] {
  return shape.slice(1).map((_, i) => i + 1);
}

/** `each(from, to)` for the range of elements of every channel. */
export function perChannel<T>(shape: Shape, each: (from: number, to: number) => T): T[] {
  const depth = elementCount(shape.slice(1));
  return Array.from({ length: shape[0]! }, (_, channel) =>
    each(channel * depth, (channel + 1) * depth),
  );
}
