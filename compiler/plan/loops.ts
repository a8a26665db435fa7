/**
 * @file Turns views of one shape into the few loops that a kernel runs.
 *
 * Neighbouring dimensions merge where every view steps through them evenly;
 * dimensions of one element vanish. What a kernel cannot loop over is unrolled
 * into several calls.
 */

import type { Region, Repeat } from "./plan.ts";
import type { View } from "./view.ts";

/** A dimension and the bytes that each view steps along it. */
export interface Loop {
  readonly count: number;
  readonly steps: readonly number[];
}

/** The merged loops over `views`, outermost first; none for a single element. */
export function mergeLoops(views: readonly View[]): Loop[] {
  const loops: Loop[] = [];
  for (let axis = views[0]!.shape.length - 1; axis >= 0; axis--) {
    const count = views[0]!.shape[axis]!;
    if (count === 1) continue;
    const steps = views.map(view => view.steps[axis]!);
    const inner = loops[0];
    if (inner !== undefined && steps.every((step, i) => step === inner.steps[i]! * inner.count)) {
      loops[0] = { count: count * inner.count, steps: inner.steps };
    } else {
      loops.unshift({ count, steps });
    }
  }
  return loops;
}

/** One call's share: `rows` runs of `count` neighbours, from byte `starts` of each view's block. */
export interface RowLoops {
  readonly rows: number;
  readonly count: number;
  readonly starts: readonly number[];
  readonly steps: readonly number[];
}

/** Loops for the kernels that take rows of elements, cut as suits best. */
export function rowLoops(views: readonly View[]): RowLoops[] {
  const loops = mergeLoops(views);
  const innermost = loops.at(-1);
  const contiguous = innermost?.steps.every((step, i) => step === views[i]!.elementBytes) ?? false;
  return rowsFrom(loops, contiguous ? loops.pop()!.count : 1, views);
}

/** Loops for the kernels that work along the last dimension, which must be contiguous. */
export function lastDimensionLoops(views: readonly View[]): RowLoops[] {
  const outer = views.map(view => ({
    ...view,
    shape: view.shape.slice(0, -1),
    steps: view.steps.slice(0, -1),
  }));
  return rowsFrom(mergeLoops(outer), views[0]!.shape.at(-1) ?? 1, views);
}

function rowsFrom(outer: Loop[], count: number, views: readonly View[]): RowLoops[] {
  const row = outer.pop();
  return unroll(outer, views).map(starts => ({
    rows: row?.count ?? 1,
    count,
    starts,
    steps: row?.steps ?? views.map(() => 0),
  }));
}

/** One call's share of four nested loops. */
export interface NestedLoops {
  readonly counts: readonly number[];
  readonly starts: readonly number[];
  /** Per view, per loop. */
  readonly steps: readonly (readonly number[])[];
}

/** Loops for the kernels that take four dimensions with steps. */
export function nestedLoops(views: readonly View[]): NestedLoops[] {
  const loops = mergeLoops(views);
  const outer = loops.splice(0, Math.max(0, loops.length - 4));
  while (loops.length < 4) loops.unshift({ count: 1, steps: views.map(() => 0) });
  return unroll(outer, views).map(starts => ({
    counts: loops.map(loop => loop.count),
    starts,
    steps: views.map((_, i) => loops.map(loop => loop.steps[i]!)),
  }));
}

/** Start offsets of every iteration of `loops`. */
function unroll(loops: readonly Loop[], views: readonly View[]): number[][] {
  let starts = [views.map(view => view.offset)];
  for (const { count, steps } of loops) {
    starts = starts.flatMap(start =>
      Array.from({ length: count }, (_, k) => start.map((at, i) => at + k * steps[i]!)),
    );
  }
  return starts;
}

/** The bytes of `view`, relative to its block. */
export function regionOf(view: View): Region {
  let { offset, elementBytes: bytes } = view;
  const repeats: Repeat[] = [];
  for (const loop of mergeLoops([view]).reverse()) {
    const step = loop.steps[0]!;
    if (step === 0) continue;
    if (step < 0) offset += step * (loop.count - 1);
    if (Math.abs(step) === bytes) bytes *= loop.count;
    else repeats.unshift({ count: loop.count, step: Math.abs(step) });
  }
  return { block: view.block.name, offset, bytes, repeats };
}
