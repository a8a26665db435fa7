/**
 * @file Transposed convolution in blocks, as one convolution per phase.
 *
 * At stride s, results whose row and column leave the same rests by s read the
 * same taps of the filter, every s-th: together they are a convolution with a
 * small filter. The images of all phases are then put side by side.
 */

import type { Node, NodeId } from "../../../model/ir/graph.ts";
import { filledUp, suitsBlocks } from "../../autodiff/channel-blocks.ts";
import type { ImageShape } from "../../autodiff/windows.ts";
import type { Blocks } from "./blocks.ts";

type Transposed = Node<"conv-transpose">;

/** What one phase along one axis reads. */
interface Phase {
  /** The last tap; the others lie a stride apart before it. */
  readonly lastTap: number;
  /** 0 if no tap of the filter belongs to the phase. */
  readonly taps: number;
  readonly before: number;
  readonly after: number;
}

/** In blocks; `undefined` where phases are not whole or that does not pay. */
export function writeTransposedConvolution(node: Transposed, b: Blocks): string | undefined {
  const [m, c] = b.imageShape(node.inputs[1]!);
  const { group, dilations, layout } = node.attrs;
  const plain = group === 1 && layout === "nchw" && dilations.every(dilation => dilation === 1);
  if (!plain || node.inputs.length > 2 || m < b.size || !suitsBlocks(c, m, b.size))
    return undefined;
  const vertical = phasesOf(node, b, 0);
  const horizontal = phasesOf(node, b, 1);
  if (vertical === undefined || horizontal === undefined) return undefined;
  const filters = blockedFilters(b, node.inputs[1]!);
  const rows = vertical.map(row =>
    horizontal.map(column => onePhase(node, b, filters, row, column)),
  );
  return b.plainOf(node.id, sideBySide(node, b, rows));
}

/** The phases that read anything; `undefined` if they are not the first ones, or not alike. */
function phasesOf(
  { attrs, inputs, type }: Transposed,
  b: Blocks,
  axis: 0 | 1,
): Phase[] | undefined {
  const stride = attrs.strides[axis];
  const size = type.shape[axis + 2]!;
  if (size % stride !== 0) return undefined;
  const length = b.shapeOf(inputs[0]!)[axis + 2]!;
  const all = Array.from({ length: stride }, (_, phase): Phase => {
    const firstTap = (phase + attrs.pads[axis]) % stride;
    const taps = Math.max(0, Math.ceil((attrs.kernel[axis] - firstTap) / stride));
    const shift = (phase + attrs.pads[axis] - firstTap) / stride;
    return {
      lastTap: firstTap + stride * (taps - 1),
      taps,
      before: taps - 1 - shift,
      after: size / stride + shift - length,
    };
  });
  const used = all.filter(({ taps }) => taps > 0);
  const leading = used.every((phase, i) => phase === all[i]);
  const fits = used.every(({ before, after }) => before >= 0 && after >= 0);
  return used.length > 0 && leading && fits ? used : undefined;
}

/** [M, C, kH, kW] → [C/B, M/B, kH, kW, B of M, B of C]. */
function blockedFilters(b: Blocks, w: NodeId): string {
  const { size } = b;
  const shape = b.imageShape(w);
  const [, , rows, columns] = shape;
  const [m, c] = [filledUp(shape[0], size), filledUp(shape[1], size)];
  const whole = b.filled(b.e.value(w), shape, [0, 1]);
  return b.turned(whole, [m / size, size, c / size, size, rows, columns], [2, 0, 4, 5, 1, 3]);
}

function onePhase(
  { attrs, inputs }: Transposed,
  b: Blocks,
  filters: string,
  row: Phase,
  column: Phase,
): string {
  const { e, size } = b;
  const steps = attrs.strides.map(stride => -stride);
  const ends = [row, column].map(({ lastTap, taps }, i) => lastTap + steps[i]! * taps);
  const outside = ends.map(end => (end < 0 ? Number.MIN_SAFE_INTEGER : end));
  const ranges = [[row.lastTap, column.lastTap], outside, [2, 3], steps];
  const taps = e.emit("Slice", [filters, ...ranges.map(list => e.integers(list, "range"))]);
  const [m, c] = b.imageShape(inputs[1]!);
  const shape = [filledUp(c, size), filledUp(m, size), row.taps, column.taps];
  return b.emit("Conv", [b.of(inputs[0]!), e.reshape(taps, shape)], {
    kernel_shape: { ints: [row.taps, column.taps] },
    pads: { ints: [row.before, column.before, row.after, column.after] },
  });
}

/** Phases between each other, zeros for those that read nothing. */
function sideBySide(
  { attrs, type }: Transposed,
  b: Blocks,
  rows: readonly (readonly string[])[],
): string {
  const [n, c, height, width] = type.shape as ImageShape;
  const [down, across] = attrs.strides;
  const channels = filledUp(c, b.size);
  const lines = (n * channels * height) / (b.size * down);
  const joined = rows.map(phases => {
    const split = phases.map(phase => b.e.reshape(phase, [lines, width / across, 1, b.size]));
    return b.e.reshape(along(b, split, 2, across, 4), [lines, 1, width * b.size]);
  });
  return b.e.reshape(along(b, joined, 1, down, 3), [n, channels, height, width]);
}

/** `parts`, each of length 1 along `axis`, as one value of length `count`. */
function along(
  b: Blocks,
  parts: readonly string[],
  axis: number,
  count: number,
  rank: number,
): string {
  const joined =
    parts.length === 1 ? parts[0]! : b.e.emit("Concat", parts, { axis: { int: axis } });
  const after = Array.from({ length: rank }, (_, i) => (i === axis ? count - parts.length : 0));
  return b.padded(
    joined,
    after.map(() => 0),
    after,
  );
}
