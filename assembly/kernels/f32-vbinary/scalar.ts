/**
 * @file y = a ∘ b on f32 over four dimensions. Steps are bytes; 0 repeats an operand.
 */

import { ADD, DIV, MAX, MIN, MUL, SUB, combineRow } from "../../binary";

@inline
function vbinary(
  op: i32,
  a: usize, b: usize, y: usize, d0: i32, d1: i32, d2: i32, d3: i32,
  a0: i32, a1: i32, a2: i32, a3: i32, b0: i32, b1: i32, b2: i32, b3: i32,
  y0: i32, y1: i32, y2: i32, y3: i32,
): void {
  for (let i = 0; i < d0; i++) {
    for (let j = 0; j < d1; j++) {
      for (let k = 0; k < d2; k++) {
        const pa = a + <usize>(i * a0 + j * a1 + k * a2);
        const pb = b + <usize>(i * b0 + j * b1 + k * b2);
        const py = y + <usize>(i * y0 + j * y1 + k * y2);
        combineRow(op, pa, pb, py, d3, a3, b3, y3);
      }
    }
  }
}

export function f32_vbinary_add__scalar(
  a: usize, b: usize, y: usize, d0: i32, d1: i32, d2: i32, d3: i32,
  a0: i32, a1: i32, a2: i32, a3: i32, b0: i32, b1: i32, b2: i32, b3: i32,
  y0: i32, y1: i32, y2: i32, y3: i32,
): void {
  vbinary(ADD, a, b, y, d0, d1, d2, d3, a0, a1, a2, a3, b0, b1, b2, b3, y0, y1, y2, y3);
}

export function f32_vbinary_sub__scalar(
  a: usize, b: usize, y: usize, d0: i32, d1: i32, d2: i32, d3: i32,
  a0: i32, a1: i32, a2: i32, a3: i32, b0: i32, b1: i32, b2: i32, b3: i32,
  y0: i32, y1: i32, y2: i32, y3: i32,
): void {
  vbinary(SUB, a, b, y, d0, d1, d2, d3, a0, a1, a2, a3, b0, b1, b2, b3, y0, y1, y2, y3);
}

export function f32_vbinary_mul__scalar(
  a: usize, b: usize, y: usize, d0: i32, d1: i32, d2: i32, d3: i32,
  a0: i32, a1: i32, a2: i32, a3: i32, b0: i32, b1: i32, b2: i32, b3: i32,
  y0: i32, y1: i32, y2: i32, y3: i32,
): void {
  vbinary(MUL, a, b, y, d0, d1, d2, d3, a0, a1, a2, a3, b0, b1, b2, b3, y0, y1, y2, y3);
}

export function f32_vbinary_div__scalar(
  a: usize, b: usize, y: usize, d0: i32, d1: i32, d2: i32, d3: i32,
  a0: i32, a1: i32, a2: i32, a3: i32, b0: i32, b1: i32, b2: i32, b3: i32,
  y0: i32, y1: i32, y2: i32, y3: i32,
): void {
  vbinary(DIV, a, b, y, d0, d1, d2, d3, a0, a1, a2, a3, b0, b1, b2, b3, y0, y1, y2, y3);
}

export function f32_vbinary_min__scalar(
  a: usize, b: usize, y: usize, d0: i32, d1: i32, d2: i32, d3: i32,
  a0: i32, a1: i32, a2: i32, a3: i32, b0: i32, b1: i32, b2: i32, b3: i32,
  y0: i32, y1: i32, y2: i32, y3: i32,
): void {
  vbinary(MIN, a, b, y, d0, d1, d2, d3, a0, a1, a2, a3, b0, b1, b2, b3, y0, y1, y2, y3);
}

export function f32_vbinary_max__scalar(
  a: usize, b: usize, y: usize, d0: i32, d1: i32, d2: i32, d3: i32,
  a0: i32, a1: i32, a2: i32, a3: i32, b0: i32, b1: i32, b2: i32, b3: i32,
  y0: i32, y1: i32, y2: i32, y3: i32,
): void {
  vbinary(MAX, a, b, y, d0, d1, d2, d3, a0, a1, a2, a3, b0, b1, b2, b3, y0, y1, y2, y3);
}
