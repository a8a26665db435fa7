/** @file The two-operand f32 operations, by number. Min and max are NaN if one operand is. */

export const ADD = 0;
export const SUB = 1;
export const MUL = 2;
export const DIV = 3;
export const MIN = 4;
export const MAX = 5;

@inline
export function combine(op: i32, a: f32, b: f32): f32 {
  if (op == ADD) return a + b;
  if (op == SUB) return a - b;
  if (op == MUL) return a * b;
  if (op == DIV) return a / b;
  return op == MIN ? min<f32>(a, b) : max<f32>(a, b);
}

/** `n` elements of one row, each operand stepping by its own number of bytes. */
@inline
export function combineRow(
  op: i32, a: usize, b: usize, y: usize, n: i32, aStep: i32, bStep: i32, yStep: i32,
): void {
  for (; n > 0; n--) {
    store<f32>(y, combine(op, load<f32>(a), load<f32>(b)));
    a += aStep;
    b += bStep;
    y += yStep;
  }
}
