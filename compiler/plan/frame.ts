/**
 * @file The border of a buffer with a halo: what fills it with the value that
 * stands for zero.
 */

import type { Argument } from "./argument.ts";
import type { Region } from "./plan.ts";
import type { Halo, View } from "./view.ts";

/** A call that fills part of a border. */
export interface Fill {
  readonly family: string;
  readonly args: readonly Argument[];
  readonly writes: readonly Region[];
}

/** The room around each image of `interior`, every byte set to `value`. */
export function borderFills(interior: View, halo: Halo, value: number): Fill[] {
  const { block } = interior;
  return borderRuns(interior, halo).map(({ offset, bytes, rows, step }) => ({
    family: "x8_fill",
    args: [{ block, offset }, rows, bytes, step, value],
    writes: [
      { block: block.name, offset, bytes, repeats: rows > 1 ? [{ count: rows, step }] : [] },
    ],
  }));
}

interface Run {
  readonly offset: number;
  readonly bytes: number;
  readonly rows: number;
  readonly step: number;
}

/**
 * The border as runs of bytes: from the first byte to the first pixel, the
 * gaps between rows of pixels, from the last pixel to the end; per image.
 */
function borderRuns(interior: View, { top, left, bottom, right }: Halo): Run[] {
  const [batch, height] = interior.shape as [number, number];
  const [imageStep, rowStep, pixelStep] = interior.steps as [number, number, number];
  const head = top * rowStep + left * pixelStep;
  const gap = (left + right) * pixelStep;
  const tail = right * pixelStep + bottom * rowStep;
  const body = rowStep - gap;
  const runs = Array.from({ length: batch }, (_, n) => {
    const first = interior.offset + n * imageStep;
    const last = first + (height - 1) * rowStep;
    return [
      { offset: first - head, bytes: head, rows: 1, step: rowStep },
      { offset: first + body, bytes: gap, rows: height - 1, step: rowStep },
      { offset: last + body, bytes: tail, rows: 1, step: rowStep },
    ];
  });
  return runs.flat().filter(({ bytes, rows }) => bytes > 0 && rows > 0);
}
