/**
 * @file Finds the mean that stands for the pruned weights of a float filter.
 *
 * A filter whose pruned places hold their mean has one value, not 0, many times
 * over, to the bit. Whatever the reason for such a value is, quantising the
 * distances from it keeps it exactly.
 */

/** The fewest places that a mean stands for, and the smallest share of a filter. */
const LEAST_COUNT = 4;
const LEAST_SHARE = 1 / 8;

/** The value other than 0 that `filter` holds most often; 0 if none stands out. */
export function repeatedValue(filter: Float32Array): number {
  const counts = new Map<number, number>();
  let best = 0;
  let most = Math.max(LEAST_COUNT, filter.length * LEAST_SHARE) - 1;
  for (const value of filter) {
    const count = (counts.get(value) ?? 0) + 1;
    counts.set(value, count);
    if (count > most) {
      best = value;
      most = count;
    }
  }
  return best;
}

/** One such value per filter of `depth` weights; `undefined` if all are 0. */
export function repeatedValues(
  weights: Float32Array,
  depth: number,
): readonly number[] | undefined {
  const values: number[] = [];
  for (let from = 0; from < weights.length; from += depth) {
    values.push(repeatedValue(weights.subarray(from, from + depth)));
  }
  return values.some(value => value !== 0) ? values : undefined;
}
