/** @file The events of a run that are made of more than one of its parts. */

import { elementCount } from "../../core/shape.ts";
import type { TrainingConfig } from "../config.ts";
import type { Engine } from "../engine/engine.ts";
import type { Pace } from "./pace.ts";
import type { PreparedRun } from "./prepare.ts";
import type { TrainingEvent } from "./progress.ts";
import type { Stage } from "./stage.ts";
import type { Position } from "./state.ts";

type EventOf<K extends TrainingEvent["kind"]> = Extract<TrainingEvent, { kind: K }>;

export function startEvent(run: PreparedRun, engine: Engine): EventOf<"start"> {
  const { network, parameters, training, validation } = run;
  return {
    kind: "start",
    model: network.name,
    parameters: countOf(parameters),
    trainingSamples: training.count,
    validationSamples: validation.count,
    engine: engine.name,
    threads: engine.threads,
  };
}

export function stageEvent(config: TrainingConfig, index: number, stage: Stage): EventOf<"stage"> {
  const { method, epochs } = config.stages[index]!;
  return {
    kind: "stage",
    stage: index,
    stages: config.stages.length,
    method: method.kind,
    epochs,
    stepsPerEpoch: stage.stepsPerEpoch,
  };
}

export function stepEvent(
  config: TrainingConfig,
  { stage: index, epoch, step, totals }: Position,
  stage: Stage,
  pace: Pace,
): EventOf<"step"> {
  return {
    kind: "step",
    stage: index,
    epoch,
    epochs: config.stages[index]!.epochs,
    step,
    steps: stage.stepsPerEpoch,
    loss: totals.loss / step,
    top1: totals.correct / (step * config.batchSize),
    imagesPerSecond: pace.imagesPerSecond,
    secondsLeft: pace.secondsLeft,
  };
}

/** Steps of all stages up to `position`, in `stage`. */
export function stepsDone(
  { stages }: TrainingConfig,
  { stage: index, epoch, step }: Position,
  { stepsPerEpoch }: Stage,
): number {
  const before = stages.slice(0, index).reduce((sum, { epochs }) => sum + epochs, 0);
  return (before + epoch) * stepsPerEpoch + step;
}

/** Elements of all parameters. */
export function countOf(parameters: PreparedRun["parameters"]): number {
  return [...parameters.values()].reduce((sum, { shape }) => sum + elementCount(shape), 0);
}
