/** @file What a stage is opened with: the part of the configuration and of the data that is its own. */

import type { TrainingConfig } from "../config.ts";
import type { Engine } from "../engine/engine.ts";
import type { StagePlan } from "../step/plan.ts";
import { optimizerFor, type PreparedRun, planFor } from "./prepare.ts";
import type { StageRequest } from "./stage.ts";

/** How stage `index` treats the layers of `run`. */
export function planOf(config: TrainingConfig, run: PreparedRun, index: number): StagePlan {
  return planFor(config.stages[index]!, run.network, config.activations);
}

export function stageRequest(
  config: TrainingConfig,
  run: PreparedRun,
  engine: Engine,
  index: number,
  checkpoint: StageRequest["checkpoint"],
): StageRequest {
  const stage = config.stages[index]!;
  const { network, parameters, input, training } = run;
  return {
    network,
    parameters,
    input,
    plan: planOf(config, run, index),
    optimizer: optimizerFor(stage),
    batch: config.batchSize,
    labelSmoothing: config.labelSmoothing,
    engine,
    samples: training,
    stage: index,
    epochs: stage.epochs,
    schedule: stage.schedule,
    augmentation: config.augment,
    seed: config.seed,
    workers: config.workers,
    distillation: run.distillations[index],
    refresh: stage.refresh,
    freeze: stage.freeze,
    checkpoint,
  };
}
