/** @file A histogram that grows with its values, and the range that 8 bits cover best. */

import type { Interval } from "../../core/interval.ts";

const BINS = 4096;
const HALF = BINS / 2;
const LEVELS = 256;
/** Candidate ranges shrink from the extremes in this many steps, down to `SMALLEST`. */
const STEPS = 90;
const SMALLEST = 0.1;

export class Histogram {
  /** Counts over [−limit, limit), zeros apart. */
  #counts = new Float64Array(BINS);
  /** A power of two. */
  #limit = 2 ** -20;
  #min = Infinity;
  #max = -Infinity;

  add(values: Float32Array): void {
    for (const value of values) {
      if (value < this.#min) this.#min = value;
      if (value > this.#max) this.#max = value;
    }
    while (Math.max(this.#max, -this.#min) >= this.#limit) this.#grow();
    const perUnit = HALF / this.#limit;
    for (const value of values) {
      // Zero is exact in every range: it adds no error.
      if (value !== 0) this.#counts[HALF + Math.floor(value * perUnit)]!++;
    }
  }

  /** Smallest and largest value, 0 included. */
  extremes(): Interval {
    return { min: Math.min(this.#min, 0), max: Math.max(this.#max, 0) };
  }

  /** The range around 0 with the least mean squared error at 256 levels. */
  bestRange(): Interval {
    const whole = this.extremes();
    let best = whole;
    let least = Infinity;
    for (let step = 0; step <= STEPS; step++) {
      const share = 1 - ((1 - SMALLEST) * step) / STEPS;
      const range = { min: whole.min * share, max: whole.max * share };
      const error = this.#errorOf(range);
      if (error < least) {
        least = error;
        best = range;
      }
    }
    return best;
  }

  /** Sum of squared errors: a uniform one inside, the distance outside. */
  #errorOf({ min, max }: Interval): number {
    const width = this.#limit / HALF;
    const step = (max - min) / (LEVELS - 1);
    const inside = (step * step) / 12;
    let sum = 0;
    for (let bin = 0; bin < BINS; bin++) {
      const count = this.#counts[bin]!;
      if (count === 0) continue;
      const value = (bin - HALF + 0.5) * width;
      const distance = Math.max(min - value, value - max, 0);
      sum += count * (distance > 0 ? distance * distance : inside);
    }
    return sum;
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
