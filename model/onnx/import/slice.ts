/** @file Slice, and Split, which is a slice per part. */

import type { NodeId } from "../../ir/graph.ts";
import type { Importer, ImportNode } from "./context.ts";

export const importSlice: Importer = n => {
  const x = n.input(0);
  const shape = n.shapeOf(x);
  const starts = n.integers("starts", 1) ?? n.unsupported('"starts" is missing');
  const ends = n.integers("ends", 2) ?? n.unsupported('"ends" is missing');
  const axes = n.integers("axes", 3) ?? starts.map((_, axis) => axis);
  const steps = n.integers("steps", 4) ?? starts.map(() => 1);
  if ([ends, axes, steps].some(({ length }) => length !== starts.length) || steps.includes(0)) {
    n.fail("graph/bad-shape", "starts, ends, axes and steps do not belong together");
  }
  const result = { starts: shape.map(() => 0), sizes: [...shape], steps: shape.map(() => 1) };
  starts.forEach((start, i) => {
    const axis = n.axis(axes[i]!, shape.length);
    const step = steps[i]!;
    const range = rangeOf(start, ends[i]!, step, shape[axis]!);
    result.starts[axis] = range.start;
    result.sizes[axis] = range.size;
    result.steps[axis] = step;
  });
  return slice(n, x, result);
};

interface Ranges {
  readonly starts: readonly number[];
  readonly sizes: readonly number[];
  readonly steps: readonly number[];
}

/** A slice, or `x` itself if it takes everything. */
function slice(n: ImportNode, x: NodeId, ranges: Ranges, output = 0): NodeId {
  const shape = n.shapeOf(x);
  const whole = shape.every((dim, axis) => ranges.sizes[axis] === dim && ranges.steps[axis] === 1);
  return whole ? x : n.add("slice", [x], ranges, output);
}

/** Negative indices count from the end; what lies outside is cut off. */
function rangeOf(
  start: number,
  end: number,
  step: number,
  dim: number,
): { readonly start: number; readonly size: number } {
  const [low, high] = step > 0 ? [0, dim] : [-1, dim - 1];
  const from = Math.min(Math.max(start < 0 ? start + dim : start, 0), high);
  const to = Math.min(Math.max(end < 0 ? end + dim : end, low), high);
  const size = Math.max(0, Math.ceil((to - from) / step));
  return { start: size === 0 ? 0 : from, size };
}

export const importSplit: Importer = n => {
  const x = n.input(0);
  const shape = n.shapeOf(x);
  const axis = n.axis(n.attributes.int("axis", 0), shape.length);
  const count = n.attributes.int("num_outputs", n.outputCount);
  const parts = n.integers("split", 1) ?? equalParts(shape[axis]!, count);
  if (parts.reduce((a, b) => a + b, 0) !== shape[axis] || parts.some(size => size < 0)) {
    n.fail("graph/bad-shape", `parts [${parts}] do not make up dimension ${axis}, ${shape[axis]}`);
  }
  let start = 0;
  return parts.map((size, output) => {
    const ranges = {
      starts: shape.map((_, i) => (i === axis ? start : 0)),
      sizes: shape.map((dim, i) => (i === axis ? size : dim)),
      steps: shape.map(() => 1),
    };
    start += size;
    return slice(n, x, ranges, output);
  });
};

/** The last part is smaller where they cannot be equal. */
function equalParts(dim: number, count: number): readonly number[] {
  const size = Math.ceil(dim / count);
  return Array.from({ length: count }, (_, i) => Math.max(0, Math.min(size, dim - i * size)));
}
