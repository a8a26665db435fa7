/** @file What the pools share: sizes, and the walk over windows. */

import type { Layout, Window } from "../ir/attributes.ts";
import type { OpKind, ValueType } from "../ir/graph.ts";
import {
  demandCovered,
  demandWindow,
  type Image,
  imageOf,
  imageStrides,
  slide,
  taps,
} from "./window.ts";

export interface Pooling {
  readonly input: Image;
  readonly output: Image;
}

/** All sizes of a pool over `x`, checked. */
export function poolingOf(
  op: OpKind,
  x: ValueType,
  attrs: Window & { readonly layout: Layout },
): Pooling {
  const input = imageOf(op, x, attrs.layout);
  demandWindow(op, attrs);
  const [height, width] = slide(op, input, attrs);
  demandCovered(op, input, attrs, [height, width]);
  return { input, output: { ...input, height, width } };
}

/**
 * Folds the taps of each window that lie inside the image, in window order.
 * `finish` gets the fold, the count of these taps, and where the result goes.
 */
export function foldWindows(
  { input, output }: Pooling,
  attrs: Window & { readonly layout: Layout },
  x: Float32Array | Int8Array | Uint8Array,
  start: number,
  step: (acc: number, value: number) => number,
  finish: (acc: number, count: number, index: number) => void,
): void {
  const { kernel, strides, pads, dilations, layout } = attrs;
  const from = imageStrides(input, layout);
  const to = imageStrides(output, layout);
  for (let n = 0; n < output.batch; n++) {
    for (let row = 0; row < output.height; row++) {
      const y0 = row * strides[0] - pads[0];
      const rows = taps(y0, kernel[0], dilations[0], input.height);
      for (let column = 0; column < output.width; column++) {
        const x0 = column * strides[1] - pads[1];
        const count = rows * taps(x0, kernel[1], dilations[1], input.width);
        for (let c = 0; c < output.channels; c++) {
          let acc = start;
          for (let ky = 0; ky < kernel[0]; ky++) {
            const y = y0 + ky * dilations[0];
            if (y < 0 || y >= input.height) continue;
            const line = n * from.batch + c * from.channel + y * from.row;
            for (let kx = 0; kx < kernel[1]; kx++) {
              const at = x0 + kx * dilations[1];
              if (at >= 0 && at < input.width) acc = step(acc, x[line + at * from.column]!);
            }
          }
          const index = n * to.batch + c * to.channel + row * to.row + column * to.column;
          finish(acc, count, index);
        }
      }
    }
  }
}
