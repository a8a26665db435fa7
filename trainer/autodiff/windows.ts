/**
 * @file Sliding windows in gradients: the input as one window tap sees it, and
 * the way back.
 */

import type { Window } from "../../model/ir/attributes.ts";
import type { NodeId } from "../../model/ir/graph.ts";
import type { Arithmetic } from "./arithmetic.ts";

/** N, C, H, W. */
export type ImageShape = readonly [n: number, c: number, rows: number, columns: number];

/** M, C/group, kH, kW. */
export type WeightShape = readonly [m: number, c: number, rows: number, columns: number];

/** The position of one element of the window. */
export interface Tap {
  readonly ky: number;
  readonly kx: number;
}

/** All taps, row by row. */
export function tapsOf({ kernel: [rows, columns] }: Window): Tap[] {
  return Array.from({ length: rows * columns }, (_, i) => ({
    ky: Math.floor(i / columns),
    kx: i % columns,
  }));
}

/** `x`, [N,C,H,W], inside the border that the window reads, filled with `value`. */
export function padded(ops: Arithmetic, x: NodeId, window: Window, value = 0): NodeId {
  const [top, left, bottom, right] = window.pads;
  return ops.pad(x, [0, 0, top, left], [0, 0, bottom, right], value);
}

/** What `tap` reads of the padded input at each of `rows` × `columns` outputs. */
export function tapView(
  ops: Arithmetic,
  paddedInput: NodeId,
  { strides, dilations }: Window,
  { ky, kx }: Tap,
  [rows, columns]: readonly [number, number],
): NodeId {
  const [n, c] = ops.shapeOf(paddedInput) as readonly [number, number];
  const starts = [0, 0, ky * dilations[0], kx * dilations[1]];
  return ops.slice(paddedInput, starts, [n, c, rows, columns], [1, 1, ...strides]);
}

/**
 * Rows and columns at the far edges of the padded input that no window
 * reaches: `outputPadding` of the transposed convolution that goes back.
 */
export function unreached(
  [height, width]: readonly [number, number],
  { kernel, strides, pads, dilations }: Window,
): readonly [number, number] {
  const rest = (size: number, axis: 0 | 1): number => {
    const span = dilations[axis] * (kernel[axis] - 1) + 1;
    return (size + pads[axis] + pads[axis + 2]! - span) % strides[axis];
  };
  return [rest(height, 0), rest(width, 1)];
}
