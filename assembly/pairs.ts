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

/** The sums of the lanes of a, b, c and d. */
@inline
export function sumLanes4(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = i32x4.add(i32x4.shuffle(a, b, 0, 4, 1, 5), i32x4.shuffle(a, b, 2, 6, 3, 7));
  const cd = i32x4.add(i32x4.shuffle(c, d, 0, 4, 1, 5), i32x4.shuffle(c, d, 2, 6, 3, 7));
  return i32x4.add(i32x4.shuffle(ab, cd, 0, 1, 4, 5), i32x4.shuffle(ab, cd, 2, 3, 6, 7));
}
