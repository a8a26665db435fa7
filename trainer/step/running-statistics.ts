/** @file Which tensors of a step are averages over batches. */

import { EXTREMES } from "../quantize/range-options.ts";
import type { StagePlan } from "./plan.ts";

/** How the names of running statistics end. */
const NORM_STATISTICS = [".norm.mean", ".norm.variance"];
const RANGE_STATISTICS = [".range.min", ".range.max"];

/** Whether the forward pass of `plan` averages the tensor `name` over batches. */
export function isRunningStatistic({ ranges = EXTREMES }: StagePlan, name: string): boolean {
  const followed = ranges.kind === "extremes" ? RANGE_STATISTICS : [];
  return [...NORM_STATISTICS, ...followed].some(suffix => name.endsWith(suffix));
}
