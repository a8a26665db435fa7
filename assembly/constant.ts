/**
 * @file Vector constants that stay in registers.
 *
 * Engines build a constant vector anew from immediates wherever it is used,
 * inside loops too. One that depends on an argument is computed once.
 */

/** Eight times `value`. `n` is any number ≥ 0 that the compiler does not know. */
@inline
export function splat16(value: i32, n: i32): v128 {
  return i16x8.splat(<i16>(value | (n >> 31)));
}

/** The same of 32 bits, four times. */
@inline
export function splat32(value: i32, n: i32): v128 {
  return i32x4.splat(value | (n >> 31));
}
