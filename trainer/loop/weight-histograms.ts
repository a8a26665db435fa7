/** @file Histograms of all weights of a run, for its log. */

import { linearSteps, type Network, parameterNames } from "../network/network.ts";
import { histogramOf, type LayerHistogram } from "../report/histogram.ts";
import type { StagePlan } from "../step/plan.ts";
import { usedWeights } from "./layer-records.ts";
import type { StateTensors } from "./state.ts";

export function floatHistograms(network: Network, tensors: StateTensors): LayerHistogram[] {
  return linearSteps(network).map(step => {
    const { data, shape } = tensors.get(parameterNames(step).weight)!;
    return { name: step.name, counts: histogramOf(data, shape) };
  });
}

/** Of the weights that the forward pass under `plan` uses. */
export function usedHistograms(
  network: Network,
  tensors: StateTensors,
  plan: StagePlan,
): LayerHistogram[] {
  return linearSteps(network).map(step => {
    const { shape } = tensors.get(parameterNames(step).weight)!;
    const used = usedWeights(step, plan.methods.get(step.name)!, tensors);
    return { name: step.name, counts: histogramOf(used, shape) };
  });
}
