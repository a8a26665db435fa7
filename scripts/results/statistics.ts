/** @file Means over seeds, and the rule by which a recipe becomes the default. */

export interface Estimate {
  readonly mean: number;
  /** Standard error of the mean; absent for one value. */
  readonly error?: number;
  readonly count: number;
}

/** Fewer seeds decide nothing. */
export const DECIDING_SEEDS = 3;
/** Of the difference of two means. */
const DECIDING_ERRORS = 2;
/** Shares of zeros that differ by more are not equal. */
const EQUAL_ZEROS = 0.02;

export function estimateOf(values: readonly number[]): Estimate {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  if (count < 2) return { mean, count };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, error: Math.sqrt(squares / (count - 1) / count), count };
}

/** An arm of a comparison: what it reaches, and with how many zeros. */
export interface Arm {
  readonly top1: Estimate;
  readonly zeros: number;
}

export type Verdict = "better" | "worse" | "undecided" | "too few seeds" | "other zeros";

/** Whether `arm` beats `baseline`, or loses to it, by more than two standard errors at equal zeros. */
export function verdictOn(arm: Arm, baseline: Arm): Verdict {
  if (Math.min(arm.top1.count, baseline.top1.count) < DECIDING_SEEDS) return "too few seeds";
  if (Math.abs(arm.zeros - baseline.zeros) > EQUAL_ZEROS) return "other zeros";
  const difference = arm.top1.mean - baseline.top1.mean;
  const error = Math.hypot(arm.top1.error!, baseline.top1.error!);
  if (difference > DECIDING_ERRORS * error) return "better";
  return difference < -DECIDING_ERRORS * error ? "worse" : "undecided";
}
