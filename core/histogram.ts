/** @file A histogram that grows with its values. */

import type { Interval } from "./interval.ts";

const BINS = 4096;
const HALF = BINS / 2;

/** Values of one bin, at its middle. */
export interface Bin {
  readonly value: number;
  readonly count: number;
}

export class Histogram {
  /** Counts over [−limit, limit), zeros apart. */
  #counts = new Float64Array(BINS);
  #zeroCount = 0;
  /** A power of two. */
  #limit = 2 ** -20;
  #min = Infinity;
  #max = -Infinity;
  #nonFiniteCount = 0;

  /** How many values were NaN or infinite; they are left out. */
  get nonFiniteCount(): number {
    return this.#nonFiniteCount;
  }

  add(values: Float32Array): void {
    for (const value of values) {
      if (Number.isFinite(value)) {
        if (value < this.#min) this.#min = value;
        if (value > this.#max) this.#max = value;
      } else this.#nonFiniteCount++;
    }
    while (Math.max(this.#max, -this.#min) >= this.#limit) this.#grow();
    const perUnit = HALF / this.#limit;
    const counts = this.#counts;
    for (const value of values) {
      if (value === 0) this.#zeroCount++;
      else if (Number.isFinite(value)) counts[HALF + Math.floor(value * perUnit)]!++;
    }
  }

  /** Smallest and largest value, 0 included. */
  extremes(): Interval {
    return { min: Math.min(this.#min, 0), max: Math.max(this.#max, 0) };
  }

  /** Bins that hold something, upwards; zeros are left out. */
  bins(): Bin[] {
    const width = this.#limit / HALF;
    return Array.from(this.#counts, (count, bin) => ({
      value: (bin - HALF + 0.5) * width,
      count,
    })).filter(({ count }) => count > 0);
  }

  /**
   * The range around 0 that leaves out the share 1 − `share` of all values at
   * each end, to within a bin.
   */
  percentiles(share: number): Interval {
    const bins = this.bins();
    const total = bins.reduce((sum, { count }) => sum + count, this.#zeroCount);
    const left = (1 - share) * total;
    const { min, max } = this.extremes();
    const high = endOf(bins.toReversed(), left);
    const low = endOf(bins, left);
    return { min: clamped(low, min, 0), max: clamped(high, 0, max) };
  }

  /** Doubles the limit: pairs of bins become one. */
  #grow(): void {
    const counts = new Float64Array(BINS);
    for (let bin = 0; bin < BINS; bin++) {
      counts[HALF + Math.floor((bin - HALF) / 2)]! += this.#counts[bin]!;
    }
    this.#counts = counts;
    this.#limit *= 2;
  }
}

/** The first value from the end where `bins` begin that more than `left` values reach. */
function endOf(bins: readonly Bin[], left: number): number {
  let passed = 0;
  for (const { value, count } of bins) {
    passed += count;
    if (passed > left) return value;
  }
  return 0;
}

function clamped(value: number, min: number, max: number): number {
  return Math.min(Math.max(value, min), max);
}
