/** @file f32 with f32 weights, one pixel by 16 channels: see igemm-f32-1x16.ts. */

import { igemmF32x1x16 } from "../../igemm-f32-1x16";
import { WEIGHTS_F32 } from "../../layout";

export function f32_f32_igemm_minmax_1x16__simd128(
  x: usize, w: usize, p: usize, y: usize, table: usize, segments: i32, length: i32,
  rows: i32, cols: i32, xRow: i32, xCol: i32, yRow: i32, yCol: i32, n: i32,
): void {
  igemmF32x1x16(
    WEIGHTS_F32,
    x, w, p, y, table, segments, length, rows, cols, xRow, xCol, yRow, yCol, n,
  );
}
