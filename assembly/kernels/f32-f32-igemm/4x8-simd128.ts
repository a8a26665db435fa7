/** @file f32 with f32 weights, 4 pixels by 8 channels: see igemm-f32-4x8.ts. */

import { igemmF32x4x8 } from "../../igemm-f32-4x8";
import { WEIGHTS_F32 } from "../../layout";

export function f32_f32_igemm_minmax_4x8__simd128(
  x: usize, w: usize, p: usize, y: usize, table: usize, segments: i32, length: i32,
  rows: i32, cols: i32, xRow: i32, xCol: i32, yRow: i32, yCol: i32, n: i32,
): void {
  igemmF32x4x8(
    WEIGHTS_F32,
    x, w, p, y, table, segments, length, rows, cols, xRow, xCol, yRow, yCol, n,
  );
}
