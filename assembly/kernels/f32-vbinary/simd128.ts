/**
 * @file y = a ∘ b on f32, four neighbours at once where the innermost steps allow. See scalar.ts.
 */

import { ADD, DIV, MAX, MIN, MUL, SUB, combineRow } from "../../binary";
import { storeWords4 } from "../../store";

@inline
function combine4(op: i32, a: v128, b: v128): v128 {
  if (op == ADD) return f32x4.add(a, b);
  if (op == SUB) return f32x4.sub(a, b);
  if (op == MUL) return f32x4.mul(a, b);
  if (op == DIV) return f32x4.div(a, b);
  return op == MIN ? f32x4.min(a, b) : f32x4.max(a, b);
}

/** Four neighbours, or one element four times. */
@inline
function load4(at: usize, step: i32): v128 {
  return step == 0 ? v128.load32_splat(at) : v128.load(at);
}

@inline
function vbinary(
  op: i32,
  a: usize, b: usize, y: usize, d0: i32, d1: i32, d2: i32, d3: i32,
  a0: i32, a1: i32, a2: i32, a3: i32, b0: i32, b1: i32, b2: i32, b3: i32,
  y0: i32, y1: i32, y2: i32, y3: i32,
): void {
  const dense = y3 == 4 && (a3 == 4 || a3 == 0) && (b3 == 4 || b3 == 0);
  for (let i = 0; i < d0; i++) {
    for (let j = 0; j < d1; j++) {
      for (let k = 0; k < d2; k++) {
        const pa = a + <usize>(i * a0 + j * a1 + k * a2);
        const pb = b + <usize>(i * b0 + j * b1 + k * b2);
        const py = y + <usize>(i * y0 + j * y1 + k * y2);
        if (dense) {
          let at: usize = 0;
          for (let left = d3; left > 0; left -= 4) {
            const va = load4(pa + (a3 ? at : 0), a3);
            const vb = load4(pb + (b3 ? at : 0), b3);
            storeWords4(py + at, combine4(op, va, vb), left);
            at += 16;
          }
        } else {
          combineRow(op, pa, pb, py, d3, a3, b3, y3);
        }
      }
    }
  }
}

export function f32_vbinary_add__simd128(
  a: usize, b: usize, y: usize, d0: i32, d1: i32, d2: i32, d3: i32,
  a0: i32, a1: i32, a2: i32, a3: i32, b0: i32, b1: i32, b2: i32, b3: i32,
  y0: i32, y1: i32, y2: i32, y3: i32,
): void {
  vbinary(ADD, a, b, y, d0, d1, d2, d3, a0, a1, a2, a3, b0, b1, b2, b3, y0, y1, y2, y3);
}

export function f32_vbinary_sub__simd128(
  a: usize, b: usize, y: usize, d0: i32, d1: i32, d2: i32, d3: i32,
  a0: i32, a1: i32, a2: i32, a3: i32, b0: i32, b1: i32, b2: i32, b3: i32,
  y0: i32, y1: i32, y2: i32, y3: i32,
): void {
  vbinary(SUB, a, b, y, d0, d1, d2, d3, a0, a1, a2, a3, b0, b1, b2, b3, y0, y1, y2, y3);
}

export function f32_vbinary_mul__simd128(
  a: usize, b: usize, y: usize, d0: i32, d1: i32, d2: i32, d3: i32,
  a0: i32, a1: i32, a2: i32, a3: i32, b0: i32, b1: i32, b2: i32, b3: i32,
  y0: i32, y1: i32, y2: i32, y3: i32,
): void {
  vbinary(MUL, a, b, y, d0, d1, d2, d3, a0, a1, a2, a3, b0, b1, b2, b3, y0, y1, y2, y3);
}

export function f32_vbinary_div__simd128(
  a: usize, b: usize, y: usize, d0: i32, d1: i32, d2: i32, d3: i32,
  a0: i32, a1: i32, a2: i32, a3: i32, b0: i32, b1: i32, b2: i32, b3: i32,
  y0: i32, y1: i32, y2: i32, y3: i32,
): void {
  vbinary(DIV, a, b, y, d0, d1, d2, d3, a0, a1, a2, a3, b0, b1, b2, b3, y0, y1, y2, y3);
}

export function f32_vbinary_min__simd128(
  a: usize, b: usize, y: usize, d0: i32, d1: i32, d2: i32, d3: i32,
  a0: i32, a1: i32, a2: i32, a3: i32, b0: i32, b1: i32, b2: i32, b3: i32,
  y0: i32, y1: i32, y2: i32, y3: i32,
): void {
  vbinary(MIN, a, b, y, d0, d1, d2, d3, a0, a1, a2, a3, b0, b1, b2, b3, y0, y1, y2, y3);
}

export function f32_vbinary_max__simd128(
  a: usize, b: usize, y: usize, d0: i32, d1: i32, d2: i32, d3: i32,
  a0: i32, a1: i32, a2: i32, a3: i32, b0: i32, b1: i32, b2: i32, b3: i32,
  y0: i32, y1: i32, y2: i32, y3: i32,
): void {
  vbinary(MAX, a, b, y, d0, d1, d2, d3, a0, a1, a2, a3, b0, b1, b2, b3, y0, y1, y2, y3);
}
