/** @file Images and the windows that slide over them, in both layouts. */

import type { Shape } from "../../core/shape.ts";
import type { Layout, Window } from "../ir/attributes.ts";
import type { OpKind, ValueType } from "../ir/graph.ts";
import { demand, demandRank } from "./checks.ts";

export interface Image {
  readonly batch: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

export function imageOf(op: OpKind, type: ValueType, layout: Layout): Image {
  demandRank(op, "an image", type, 4);
  const [batch, a, b, c] = type.shape as [number, number, number, number];
  return layout === "nchw"
    ? { batch, channels: a, height: b, width: c }
    : { batch, channels: c, height: a, width: b };
}

export function shapeOfImage({ batch, channels, height, width }: Image, layout: Layout): Shape {
  return layout === "nchw" ? [batch, channels, height, width] : [batch, height, width, channels];
}

/** Steps between neighbours along each dimension, in elements. */
export interface ImageStrides {
  readonly batch: number;
  readonly channel: number;
  readonly row: number;
  readonly column: number;
}

export function imageStrides(image: Image, layout: Layout): ImageStrides {
  const { channels, height, width } = image;
  const batch = channels * height * width;
  return layout === "nchw"
    ? { batch, channel: height * width, row: width, column: 1 }
    : { batch, channel: 1, row: width * channels, column: channels };
}

export function demandWindow(op: OpKind, { kernel, strides, pads, dilations }: Window): void {
  const positive = [...kernel, ...strides, ...dilations];
  demand(
    positive.length === 6 && positive.every(n => Number.isSafeInteger(n) && n >= 1),
    op,
    `expected kernel, strides and dilations of two integers above 0, got [${kernel}], [${strides}], [${dilations}]`,
  );
  demand(
    pads.length === 4 && pads.every(n => Number.isSafeInteger(n) && n >= 0),
    op,
    `expected four pads of at least 0, got [${pads}]`,
  );
}

/** The size of the output along height and width. @throws graph/bad-shape if a side is empty */
export function slide(op: OpKind, { height, width }: Image, w: Window): [number, number] {
  const rows = positions(height + w.pads[0] + w.pads[2], reach(w, 0), w.strides[0]);
  const columns = positions(width + w.pads[1] + w.pads[3], reach(w, 1), w.strides[1]);
  demand(
    rows >= 1 && columns >= 1,
    op,
    `a window of ${reach(w, 0)}×${reach(w, 1)} does not fit into ${height}×${width} padded by [${w.pads}]`,
  );
  return [rows, columns];
}

/** Rows (0) or columns (1) that a window spans, dilation included. */
export function reach({ kernel, dilations }: Omit<Window, "strides" | "pads">, axis: number) {
  return (kernel[axis]! - 1) * dilations[axis]! + 1;
}

function positions(size: number, span: number, stride: number): number {
  return Math.floor((size - span) / stride) + 1;
}

/** Pooling has no value for a window that lies wholly in the padding. */
export function demandCovered(op: OpKind, image: Image, w: Window, output: [number, number]): void {
  const sizes = [image.height, image.width] as const;
  for (const axis of [0, 1] as const) {
    for (let i = 0; i < output[axis]; i++) {
      const start = i * w.strides[axis] - w.pads[axis];
      demand(
        taps(start, w.kernel[axis], w.dilations[axis], sizes[axis]) > 0,
        op,
        `window ${i} along ${axis === 0 ? "height" : "width"} holds nothing but padding`,
      );
    }
  }
}

/** How many of the taps at start, start + step, … lie in 0…size − 1. */
export function taps(start: number, kernel: number, step: number, size: number): number {
  let count = 0;
  for (let k = 0; k < kernel; k++) {
    const at = start + k * step;
    if (at >= 0 && at < size) count++;
  }
  return count;
}
