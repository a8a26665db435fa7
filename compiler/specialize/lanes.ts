/** @file Orders of lanes, as shuffles take them: bytes of two vectors, from 16 on of the second. */

/** 16-bit lanes of two vectors in turns: the first half of each, and the second. */
export const IN_TURNS = [0, 8].map(start =>
  Array.from({ length: 16 }, (_, i) => start + 2 * (i >> 2) + (i & 1) + (i & 2) * 8),
);

/**
 * i16 lanes to 0 2 4 6, then 1 3 5 7, in two steps that engines have
 * instructions for: within each half, then whole pairs.
 */
export const EVEN_THEN_ODD = [
  [0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15],
  [0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 6, 7, 12, 13, 14, 15],
];
