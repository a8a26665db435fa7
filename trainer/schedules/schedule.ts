/** @file Learning-rate schedules: a rate for each step of a stage. */

/** How the learning rate runs over a stage; `rate` is its largest value. */
export type Schedule =
  | { readonly kind: "constant"; readonly rate: number }
  /** Linear rise over the share `warmup`, then half a cosine down to `floor` · rate. */
  | {
      readonly kind: "cosine";
      readonly rate: number;
      readonly warmup: number;
      readonly floor: number;
    }
  /** Cosine up from rate/`startDivisor` over the share `rise`, then down to almost nothing. */
  | {
      readonly kind: "one-cycle";
      readonly rate: number;
      readonly rise: number;
      readonly startDivisor: number;
    }
  /** Multiplied by `factor` at each of the shares `at` of the stage. */
  | {
      readonly kind: "step";
      readonly rate: number;
      readonly at: readonly number[];
      readonly factor: number;
    };

/** One-cycle ends at this share of its peak. */
const ONE_CYCLE_END = 1e-4;

/** The rate at `progress`, which runs from 0 towards 1 over the stage. */
export function rateAt(schedule: Schedule, progress: number): number {
  switch (schedule.kind) {
    case "constant":
      return schedule.rate;
    case "cosine": {
      const { rate, warmup, floor } = schedule;
      if (progress < warmup) return (rate * progress) / warmup;
      return between(rate, rate * floor, (progress - warmup) / (1 - warmup));
    }
    case "one-cycle": {
      const { rate, rise, startDivisor } = schedule;
      if (progress < rise) return between(rate / startDivisor, rate, progress / rise);
      return between(rate, rate * ONE_CYCLE_END, (progress - rise) / (1 - rise));
    }
    case "step":
      return schedule.at.reduce(
        (rate, at) => (progress >= at ? rate * schedule.factor : rate),
        schedule.rate,
      );
    default:
      return schedule satisfies never;
  }
}

/** From `a` to `b` along half a cosine. */
function between(a: number, b: number, share: number): number {
  return b + ((a - b) * (1 + Math.cos(Math.PI * share))) / 2;
}
