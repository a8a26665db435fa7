/** @file A convolution by lists, 2 rows of 32 pixels at once: see list-convolution.ts. */

import { listConvolution } from "../../list-convolution";

export function s16_ts_conv_requant_2x32__simd128(
  x: usize, y: usize, z: usize, p: usize, w: usize, scratch: usize,
): void {
  listConvolution(2, 4, x, y, z, p, w, scratch);
}
