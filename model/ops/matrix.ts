/** @file The loops of matrix products, over rows that are contiguous in k. */

/** a [M][K] times b [N][K]: [M][N] sums over k from 0, each step rounded to f32. */
export function multiplyF32(
  a: Float32Array,
  b: Float32Array,
  rows: number,
  columns: number,
  depth: number,
): Float32Array {
  const sums = new Float32Array(rows * columns);
  for (let m = 0; m < rows; m++) {
    for (let n = 0; n < columns; n++) {
      let acc = 0;
      for (let k = 0; k < depth; k++) {
        acc = Math.fround(acc + Math.fround(a[m * depth + k]! * b[n * depth + k]!));
      }
      sums[m * columns + n] = acc;
    }
  }
  return sums;
}

/** As `multiplyF32`, on integers; sums start from `bias`. */
export function multiplyI32(
  a: Int8Array,
  b: Int8Array,
  bias: Int32Array,
  rows: number,
  columns: number,
  depth: number,
): Int32Array {
  const sums = new Int32Array(rows * columns);
  for (let m = 0; m < rows; m++) {
    for (let n = 0; n < columns; n++) {
      let acc = bias[n]!;
      for (let k = 0; k < depth; k++) acc = (acc + a[m * depth + k]! * b[n * depth + k]!) | 0;
      sums[m * columns + n] = acc;
    }
  }
  return sums;
}

/** [rows][columns] → [columns][rows], as f32. */
export function transposed(
  x: ArrayLike<number>,
  rows: number,
  columns: number,
  offset = 0,
): Float32Array {
  const result = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      result[column * rows + row] = x[offset + row * columns + column]!;
    }
  }
  return result;
}
