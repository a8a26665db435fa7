/** @file The range that a number of levels cover best. */

import type { Bin, Histogram } from "../../core/histogram.ts";
import type { Interval } from "../../core/interval.ts";

/** Candidate ranges shrink from the extremes in this many steps, down to `SMALLEST`. */
const STEPS = 90;
const SMALLEST = 0.1;

/** The range around 0 with the least mean squared error at `levels` levels. */
export function bestRange(histogram: Histogram, levels: number): Interval {
  // Zero is exact in every range: it adds no error.
  const bins = histogram.bins();
  let best = histogram.extremes();
  // The ends depend on each other only through the step: two rounds settle them.
  for (let round = 0; round < 2; round++) {
    const { min, max } = best;
    best = bestOf(
      shrunk(max).map(end => ({ min, max: end })),
      bins,
      levels,
    );
    const highest = best.max;
    best = bestOf(
      shrunk(min).map(end => ({ min: end, max: highest })),
      bins,
      levels,
    );
  }
  return best;
}

function bestOf(candidates: readonly Interval[], bins: readonly Bin[], levels: number): Interval {
  const errors = candidates.map(range => errorOf(range, bins, levels));
  return candidates[errors.indexOf(Math.min(...errors))]!;
}

/** Sum of squared errors: a uniform one inside, the distance outside. */
function errorOf({ min, max }: Interval, bins: readonly Bin[], levels: number): number {
  const step = (max - min) / (levels - 1);
  const inside = (step * step) / 12;
  let sum = 0;
  for (const { value, count } of bins) {
    const distance = Math.max(min - value, value - max, 0);
    sum += count * (distance > 0 ? distance * distance : inside);
  }
  return sum;
}

/** `end` and ends nearer to 0, in even steps. */
function shrunk(end: number): number[] {
  if (end === 0) return [0];
  return Array.from(
    { length: STEPS + 1 },
    (_, step) => end * (1 - ((1 - SMALLEST) * step) / STEPS),
  );
}
