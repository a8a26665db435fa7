/** @file The scalar product of f32 with int8 weights: see igemm-scalar.ts. */

import { igemmF32 } from "../../igemm-scalar";
import { WEIGHTS_I8 } from "../../layout";

export function f32_qc8w_igemm_minmax_2x4__scalar(
  x: usize, w: usize, p: usize, y: usize, table: usize, segments: i32, length: i32,
  rows: i32, cols: i32, xRow: i32, xCol: i32, yRow: i32, yCol: i32, n: i32,
): void {
  igemmF32(
    WEIGHTS_I8,
    x, w, p, y, table, segments, length, rows, cols, xRow, xCol, yRow, yCol, n,
  );
}
