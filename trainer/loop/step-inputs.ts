/** @file What every step is fed anew: samples apart, scalars such as rates and schedules. */

import type { Tensor } from "../../core/tensor.ts";
import type { Network } from "../network/network.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import { distinctMethods, type StagePlan } from "../step/plan.ts";
import {
  BALANCE_RATE,
  LABELS,
  LEARNING_RATE,
  optimizerInput,
  STATISTICS_RATE,
  scheduleInput,
  WEIGHT_RATE,
} from "../step/training-graph.ts";
import { scalarTensor } from "./state.ts";

export interface StepScalars {
  readonly rate: number;
  readonly weightRate: number;
  readonly statisticsRate: number;
  readonly balanceRate: number;
  /** Of the stage, 0 to 1. */
  readonly progress: number;
  /** Number of the update: 1, 2, … */
  readonly update: number;
}

interface Step {
  readonly network: Network;
  readonly optimizer: Optimizer;
  readonly plan: StagePlan;
}

/** The scalars of one step, by name of their input. */
export function scalarFeeds(
  { optimizer, plan }: Step,
  scalars: StepScalars,
): Record<string, Tensor> {
  const feeds: Record<string, Tensor> = {
    [LEARNING_RATE]: scalarTensor(scalars.rate),
    [WEIGHT_RATE]: scalarTensor(scalars.weightRate),
    [STATISTICS_RATE]: scalarTensor(scalars.statisticsRate),
    [BALANCE_RATE]: scalarTensor(scalars.balanceRate),
  };
  for (const [name, value] of Object.entries(optimizer.scalars(scalars.update))) {
    feeds[optimizerInput(name)] = scalarTensor(value);
  }
  for (const method of distinctMethods(plan)) {
    for (const { name, at } of method.schedules) {
      feeds[scheduleInput(plan, method, name)] = scalarTensor(at(scalars.progress));
    }
  }
  return feeds;
}

/** The inputs that are not state. */
export function perStepInputs(step: Step): ReadonlySet<string> {
  const anyScalars = {
    rate: 0,
    weightRate: 0,
    statisticsRate: 0,
    balanceRate: 0,
    progress: 0,
    update: 1,
  };
  return new Set([step.network.input.name, LABELS, ...Object.keys(scalarFeeds(step, anyScalars))]);
}
