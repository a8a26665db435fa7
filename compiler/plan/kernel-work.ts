/** @file What library kernels that multiply do, for the planner's costs. */

import type { Work } from "../costs/work.ts";
import type { KernelRow } from "./select.ts";

/** The work of a matrix product or convolution. */
export interface ProductSize {
  /** Output pixels of one call. */
  readonly pixels: number;
  /** Output channels. */
  readonly n: number;
  readonly segments: number;
  readonly length: number;
}

/** All tiles of a product on `kernel`, padding included: a tile is one block of sums, entered and left once. */
export function productWork(
  { mr, nr, kr }: KernelRow,
  { pixels, n, segments, length }: ProductSize,
): Work {
  const tile = Math.ceil(pixels / mr) * Math.ceil(n / nr);
  const segment = tile * segments;
  return { tile, segment, mac: segment * Math.ceil(length / kr) * mr * nr * kr };
}

/** A depthwise convolution on `kernel`. */
export function depthwiseWork(
  { nr, kr }: KernelRow,
  size: { readonly pixels: number; readonly channels: number; readonly taps: number },
): Work {
  const tile = size.pixels * Math.ceil(size.channels / nr);
  return { tile, mac: tile * Math.ceil(size.taps / kr) * nr * kr };
}
