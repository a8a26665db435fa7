/** @file What a run makes of its tensors: graphs to evaluate, models to export, facts about both. */

import { METADATA } from "../../core/metadata.ts";
import { VERSION } from "../../core/version.ts";
import type { Graph } from "../../model/ir/graph.ts";
import type { TrainingConfig } from "../config.ts";
import { floatGraph } from "../export/float-graph.ts";
import { quantizedGraph } from "../export/quantized-graph.ts";
import { integerForward } from "../integer.ts";
import { quantizeNetwork } from "../quantize/quantized-network.ts";
import { realizedWeights } from "../quantize/realized-weights.ts";
import { networkFor, type StagePlan } from "../step/plan.ts";
import type { PreparedRun } from "./prepare.ts";
import type { StateTensors, TrainingResults } from "./state.ts";

/** The forward pass that accuracy is measured by: float, or in integers as the module computes. */
export function measuringGraph(
  { network, input }: PreparedRun,
  tensors: StateTensors,
  plan: StagePlan,
  batch: number,
): Graph {
  if (plan.activations === undefined) {
    const computed = networkFor(network, plan);
    return floatGraph(computed, realizedWeights(network, tensors, plan), input, batch);
  }
  return integerForward(quantizeNetwork(network, tensors, plan, input), batch);
}

/** The model that is written, for one sample. */
export function exportedGraph(
  { network, input }: PreparedRun,
  tensors: StateTensors,
  plan: StagePlan,
  metadata: Readonly<Record<string, string>>,
): Graph {
  if (plan.activations === undefined) {
    const computed = networkFor(network, plan);
    return floatGraph(computed, realizedWeights(network, tensors, plan), input, 1, metadata);
  }
  return quantizedGraph(quantizeNetwork(network, tensors, plan, input), metadata);
}

/** Labels, and how the model came about; without paths. */
export function metadataOf(
  { data, seed, stages }: TrainingConfig,
  { labels, input }: PreparedRun,
  top1: TrainingResults,
): Record<string, string> {
  const training = {
    tritc: VERSION,
    data: data.source.split(":")[0],
    seed,
    stages: stages.map(({ method, epochs }) => ({ method, epochs })),
    input,
    top1,
  };
  return {
    [METADATA.labels]: JSON.stringify(labels),
    [METADATA.training]: JSON.stringify(training),
  };
}
