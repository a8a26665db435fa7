/** @file 7-bit with int8 weights, relaxed, 4 pixels by 8 channels: see igemm-i8-relaxed-4x8.ts. */

import { igemmI8Relaxed4x8 } from "../../igemm-i8-relaxed-4x8";
import { DEQUANT, REQUANT } from "../../layout";

export function qs8_qc8w_igemm_requant_4x8c4__relaxed(
  x: usize, w: usize, p: usize, y: usize, table: usize, segments: i32, length: i32,
  rows: i32, cols: i32, xRow: i32, xCol: i32, yRow: i32, yCol: i32, n: i32,
): void {
  igemmI8Relaxed4x8(
    REQUANT,
    x, w, p, y, table, segments, length, rows, cols, xRow, xCol, yRow, yCol, n,
  );
}

export function qs8_qc8w_igemm_dequant_4x8c4__relaxed(
  x: usize, w: usize, p: usize, y: usize, table: usize, segments: i32, length: i32,
  rows: i32, cols: i32, xRow: i32, xCol: i32, yRow: i32, yCol: i32, n: i32,
): void {
  igemmI8Relaxed4x8(
    DEQUANT,
    x, w, p, y, table, segments, length, rows, cols, xRow, xCol, yRow, yCol, n,
  );
}
