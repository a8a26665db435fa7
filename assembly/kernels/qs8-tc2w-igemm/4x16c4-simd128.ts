/** @file int8 with ternary weights, 4 pixels by 16 channels: see igemm-tc2w-4x16.ts. */

import { igemmTernary4x16 } from "../../igemm-tc2w-4x16";
import { DEQUANT, REQUANT } from "../../layout";

export function qs8_tc2w_igemm_requant_4x16c4__simd128(
  x: usize, w: usize, p: usize, y: usize, table: usize, segments: i32, length: i32,
  rows: i32, cols: i32, xRow: i32, xCol: i32, yRow: i32, yCol: i32, n: i32,
): void {
  igemmTernary4x16(
    REQUANT,
    x, w, p, y, table, segments, length, rows, cols, xRow, xCol, yRow, yCol, n,
  );
}

export function qs8_tc2w_igemm_dequant_4x16c4__simd128(
  x: usize, w: usize, p: usize, y: usize, table: usize, segments: i32, length: i32,
  rows: i32, cols: i32, xRow: i32, xCol: i32, yRow: i32, yCol: i32, n: i32,
): void {
  igemmTernary4x16(
    DEQUANT,
    x, w, p, y, table, segments, length, rows, cols, xRow, xCol, yRow, yCol, n,
  );
}
