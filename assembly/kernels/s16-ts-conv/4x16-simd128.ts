/** @file A convolution by lists, 4 rows of 16 pixels at once: see list-convolution.ts. */

import { listConvolution } from "../../list-convolution";

export function s16_ts_conv_requant_4x16__simd128(
  x: usize, y: usize, z: usize, p: usize, w: usize, scratch: usize,
): void {
  listConvolution(4, 2, x, y, z, p, w, scratch);
}
