/** @file The running range of an activation, kept among the parameters. */

import type { Interval } from "../../core/interval.ts";
import type { Parameters, Step } from "../network/network.ts";

/** Names of the smallest and largest value seen; scalars. */
export function rangeNames(step: Step): { readonly min: string; readonly max: string } {
  return { min: `${step.name}.range.min`, max: `${step.name}.range.max` };
}

/** The range of `step`, or `undefined` before it was ever observed. */
export function rangeOf(parameters: Parameters, step: Step): Interval | undefined {
  const names = rangeNames(step);
  const min = parameters.get(names.min)?.data[0];
  const max = parameters.get(names.max)?.data[0];
  return min === undefined || max === undefined ? undefined : { min, max };
}
