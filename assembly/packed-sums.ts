/**
 * @file Two sums in each 32-bit lane: Σ x·a in the low 14 bits and Σ x·b above, both negated.
 *
 * One multiplication by a + 2^14 · b does two. The sums are drained into plain
 * ones before the low part can overflow.
 *
 * Ranges    |Σ x·a| ≤ 60 · 2^7 < 2^13 over the 15 blocks of 4 k between two
 *           drains; |Σ x·b| · 2^14 < 2^27
 */

/** Blocks of 4 k whose sums fit into the low part. */
export const BLOCKS_PER_DRAIN = 15;

/** −Σ x·a: the low 14 bits, with their sign. */
@inline
function lowOf(packed: v128): v128 {
  return i32x4.shr_s(i32x4.shl(packed, 18), 18);
}

/** `sum` plus Σ x·a. */
@inline
export function drainLow(sum: v128, packed: v128): v128 {
  return i32x4.sub(sum, lowOf(packed));
}

/** `sum` plus Σ x·b. The low part is taken out first, so that its sign does not borrow. */
@inline
export function drainHigh(sum: v128, packed: v128): v128 {
  return i32x4.sub(sum, i32x4.shr_s(i32x4.sub(packed, lowOf(packed)), 14));
}
