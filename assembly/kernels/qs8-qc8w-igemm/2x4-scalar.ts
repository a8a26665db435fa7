/** @file The scalar product of int8 with int8 weights: see igemm-scalar.ts. */

import { igemmI8 } from "../../igemm-scalar";
import { DEQUANT, REQUANT, WEIGHTS_I8 } from "../../layout";

export function qs8_qc8w_igemm_requant_2x4__scalar(
  x: usize, w: usize, p: usize, y: usize, table: usize, segments: i32, length: i32,
  rows: i32, cols: i32, xRow: i32, xCol: i32, yRow: i32, yCol: i32, n: i32,
): void {
  igemmI8(
    WEIGHTS_I8, REQUANT,
    x, w, p, y, table, segments, length, rows, cols, xRow, xCol, yRow, yCol, n,
  );
}

export function qs8_qc8w_igemm_dequant_2x4__scalar(
  x: usize, w: usize, p: usize, y: usize, table: usize, segments: i32, length: i32,
  rows: i32, cols: i32, xRow: i32, xCol: i32, yRow: i32, yCol: i32, n: i32,
): void {
  igemmI8(
    WEIGHTS_I8, DEQUANT,
    x, w, p, y, table, segments, length, rows, cols, xRow, xCol, yRow, yCol, n,
  );
}
