/** @file Walking a tensor along one of its axes. */

import { elementCount, type Shape } from "../../core/shape.ts";

/** The index along `axis` of element `i`; 0 without an axis. */
export function channelOf(shape: Shape, axis: number | undefined): (i: number) => number {
  if (axis === undefined) return () => 0;
  const inner = elementCount(shape.slice(axis + 1));
  const count = shape[axis]!;
  return i => Math.floor(i / inner) % count;
}

/** Runs of elements along an axis: `length` elements, `step` apart. */
export interface Runs {
  readonly starts: Int32Array;
  readonly length: number;
  readonly step: number;
}

/** All runs along `axis`, in row-major order of the other axes. */
export function runsAlong(shape: Shape, axis: number): Runs {
  const step = elementCount(shape.slice(axis + 1));
  const length = shape[axis]!;
  const outer = elementCount(shape.slice(0, axis));
  const starts = Int32Array.from(
    { length: outer * step },
    (_, i) => Math.floor(i / step) * step * length + (i % step),
  );
  return { starts, length, step };
}
