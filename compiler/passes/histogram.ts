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
  #nonFiniteCount = 0;

  /** How many values were NaN or infinite; they are left out. */
  get nonFiniteCount(): number {
    return this.#nonFiniteCount;
  }

  add(values: Float32Array): void {
    for (const value of values) {
      if (Number.isFinite(value)) {
        this.#min = Math.min(this.#min, value);
        this.#max = Math.max(this.#max, value);
      } else this.#nonFiniteCount++;
    }
    while (Math.max(this.#max, -this.#min) >= this.#limit) this.#grow();
    const perUnit = HALF / this.#limit;
    for (const value of values) {
      // Zero is exact in every range: it adds no error.
      if (value !== 0 && Number.isFinite(value)) {
        this.#counts[HALF + Math.floor(value * perUnit)]!++;
      }
    }
  }

  /** Smallest and largest value, 0 included. */
  extremes(): Interval {
    return { min: Math.min(this.#min, 0), max: Math.max(this.#max, 0) };
  }

  /** The range around 0 with the least mean squared error at 256 levels. */
  bestRange(): Interval {
    let best = this.extremes();
    // The ends depend on each other only through the step: two rounds settle them.
    for (let round = 0; round < 2; round++) {
      best = this.#bestOf(shrunk(best.max).map(max => ({ min: best.min, max })));
      best = this.#bestOf(shrunk(best.min).map(min => ({ min, max: best.max })));
    }
    return best;
  }

  #bestOf(candidates: readonly Interval[]): Interval {
    const errors = candidates.map(range => this.#errorOf(range));
    return candidates[errors.indexOf(Math.min(...errors))]!;
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

/** `end` and ends nearer to 0, in even steps. */
function shrunk(end: number): number[] {
  if (end === 0) return [0];
  return Array.from(
    { length: STEPS + 1 },
    (_, step) => end * (1 - ((1 - SMALLEST) * step) / STEPS),
  );
}
