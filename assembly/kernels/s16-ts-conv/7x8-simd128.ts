/** @file A convolution by lists, 7 rows of 8 pixels at once: see list-convolution.ts. */

import { listConvolution } from "../../list-convolution";

export function s16_ts_conv_requant_7x8__simd128(
  x: usize, y: usize, z: usize, p: usize, w: usize, scratch: usize,
): void {
  listConvolution(7, 1, x, y, z, p, w, scratch);
}
