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

/** `sum` plus Σ x·a. */
@inline
export function drainLow(sum: v128, packed: v128): v128 {
  return i32x4.sub(sum, i32x4.shr_s(i32x4.shl(packed, 18), 18));
}

/** `sum` plus Σ x·b. Half the range of the low part is added, so that its sign does not borrow. */
@inline
export function drainHigh(sum: v128, packed: v128): v128 {
  return i32x4.sub(sum, i32x4.shr_s(i32x4.add(packed, i32x4.splat(0x2000)), 14));
}
