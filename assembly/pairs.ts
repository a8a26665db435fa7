/** @file Pairs of neighbouring int8 activations, as `dot_i16x8_s` multiplies them. */

/** (p0, p1, p0, p1): the four bytes at `x` widened to i16, twice. */
@inline
export function loadPairs(x: usize): v128 {
  return i16x8.extend_low_i8x16_s(v128.load32_splat(x));
}

/** (p1, p0, p1, p0) */
@inline
export function swapPairs(pairs: v128): v128 {
  return i32x4.shuffle(pairs, pairs, 1, 0, 3, 2);
}

/** (a0, b0, a1, b1, a2, b2, a3, b3) */
@inline
export function lowPairs(a: v128, b: v128): v128 {
  return i16x8.shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}

/** (a4, b4, a5, b5, a6, b6, a7, b7) */
@inline
export function highPairs(a: v128, b: v128): v128 {
  return i16x8.shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}

/** The sums of the lanes of a, b, c and d. */
@inline
export function sumLanes4(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = i32x4.add(i32x4.shuffle(a, b, 0, 4, 1, 5), i32x4.shuffle(a, b, 2, 6, 3, 7));
  const cd = i32x4.add(i32x4.shuffle(c, d, 0, 4, 1, 5), i32x4.shuffle(c, d, 2, 6, 3, 7));
  return i32x4.add(i32x4.shuffle(ab, cd, 0, 1, 4, 5), i32x4.shuffle(ab, cd, 2, 3, 6, 7));
}
