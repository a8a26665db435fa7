/**
 * @file What stands behind a `requant` or `dequant` block of a layer with a mean term.
 *
 *     mean    i32 fraction, 0, 0, 0; i16 mean[C]
 *
 * In such a block C is the number of channels, padded to a multiple of 8.
 */

import { HEADER_BYTES, tableBytes } from "./layout";

const NR = 8;

/** Where the tables of a block for `n` channels are. */
@inline
export function factorsAt(p: usize, n: i32): usize {
  return p + HEADER_BYTES + tableBytes(n, NR);
}

@inline
export function meanBehindMultipliers(p: usize, n: i32): usize {
  return factorsAt(p, n) + <usize>((n + 7) >> 3 << 4);
}

@inline
export function meanBehindScales(p: usize, n: i32): usize {
  return factorsAt(p, n) + tableBytes(n, NR);
}

/** 2^(f−1), or 0 where f is 0. */
@inline
export function halfOf(fraction: i32): i32 {
  return (1 << fraction) >> 1;
}
