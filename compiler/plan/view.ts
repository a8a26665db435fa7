/**
 * @file Views: where the elements of a value lie, as byte steps per dimension.
 *
 * A view covers part of a block, whose address is not known yet: a buffer of
 * the arena or a static block. Slices, halos and concatenations in place are
 * views with other steps; no kernel needs to know.
 */

import type { Shape } from "../../core/shape.ts";
import type { StaticRole } from "./plan.ts";

/** A piece of memory that will get an address. */
export type Block = BufferBlock | ConstantBlock;

export interface BufferBlock {
  readonly kind: "buffer";
  readonly name: string;
  readonly bytes: number;
}

export interface ConstantBlock {
  readonly kind: "constant";
  readonly name: string;
  readonly role: StaticRole;
  readonly data: Uint8Array;
}

/** Room around each image, in pixels. */
export interface Halo {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

export const NO_HALO: Halo = { top: 0, left: 0, bottom: 0, right: 0 };

export interface View {
  readonly block: Block;
  /** Bytes from the block's start to the first element. */
  readonly offset: number;
  readonly shape: Shape;
  /** Bytes from one index to the next, per dimension; 0 repeats. */
  readonly steps: readonly number[];
  readonly elementBytes: number;
}

/** A row-major view of `block` from `offset` on. */
export function denseView(block: Block, shape: Shape, elementBytes: number, offset = 0): View {
  return { block, offset, shape, steps: denseSteps(shape, elementBytes), elementBytes };
}

export function denseSteps(shape: Shape, elementBytes: number): number[] {
  const steps = new Array<number>(shape.length).fill(elementBytes);
  for (let axis = shape.length - 2; axis >= 0; axis--) {
    steps[axis] = steps[axis + 1]! * shape[axis + 1]!;
  }
  return steps;
}

/** Whether the elements follow each other without gaps, row-major. */
export function isDense(view: View): boolean {
  const dense = denseSteps(view.shape, view.elementBytes);
  return view.shape.every((dim, axis) => dim === 1 || view.steps[axis] === dense[axis]);
}

/** Indices `start`, `start + step`, … along `axis`. */
export function sliceView(view: View, axis: number, start: number, size: number, step = 1): View {
  const { offset, shape, steps } = view;
  return {
    ...view,
    offset: offset + start * steps[axis]!,
    shape: shape.with(axis, size),
    steps: steps.with(axis, steps[axis]! * step),
  };
}

/** The same elements, dimensions in the order `permutation`. */
export function permuteView(view: View, permutation: readonly number[]): View {
  return {
    ...view,
    shape: permutation.map(axis => view.shape[axis]!),
    steps: permutation.map(axis => view.steps[axis]!),
  };
}

/** `view` repeated to `shape` by ONNX broadcasting. */
export function broadcastView(view: View, shape: Shape): View {
  const missing = shape.length - view.shape.length;
  const steps = shape.map((_, axis) => {
    const own = axis - missing;
    return own < 0 || view.shape[own] === 1 ? 0 : view.steps[own]!;
  });
  return { ...view, shape, steps };
}

/** A dense view under another shape. Requires `isDense(view)`. */
export function reshapeView(view: View, shape: Shape): View {
  return denseView(view.block, shape, view.elementBytes, view.offset);
}

/** [N, H, W, C] with `halo` more rows and columns on each side. */
export function extendView(view: View, halo: Halo): View {
  const [batch, height, width, channels] = view.shape as [number, number, number, number];
  const { top, left, bottom, right } = halo;
  return {
    ...view,
    offset: view.offset - top * view.steps[1]! - left * view.steps[2]!,
    shape: [batch, height + top + bottom, width + left + right, channels],
  };
}

/** Image `index` of an [N, H, W, C] view, as [1, H, W, C]. */
export function imageOf(view: View, index: number): View {
  return sliceView(view, 0, index, 1);
}

/** The halo that suffices for both. */
export function unionHalo(a: Halo, b: Halo): Halo {
  return {
    top: Math.max(a.top, b.top),
    left: Math.max(a.left, b.left),
    bottom: Math.max(a.bottom, b.bottom),
    right: Math.max(a.right, b.right),
  };
}

export function hasHalo({ top, left, bottom, right }: Halo): boolean {
  return top + left + bottom + right > 0;
}
