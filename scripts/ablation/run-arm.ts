/** @file Trains one arm, and measures it on the samples held back. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { openEngine, summarizeLayers, type TrainingConfig, train } from "../../trainer/index.ts";
import { decodeCheckpoint } from "../../trainer/loop/checkpoint.ts";
import { EVALUATION_BATCH, type Evaluation, evaluateTop1 } from "../../trainer/loop/evaluate.ts";
import { measuringGraph } from "../../trainer/loop/outputs.ts";
import { type PreparedRun, planFor, prepareRun } from "../../trainer/loop/prepare.ts";
import type { StateTensors } from "../../trainer/loop/state.ts";
import { planFloat, type StagePlan } from "../../trainer/step/plan.ts";
import { weightSizes } from "../results/measure.ts";
import type { AblationArm } from "../results/studies.ts";
import type { PlannedArm } from "./study.ts";

/** What an arm reaches; its folder keeps a checkpoint to go on from. */
export async function runArm(
  { arm, seed, config }: PlannedArm,
  folder: string,
): Promise<Omit<AblationArm, "study" | "digest">> {
  const resume = existsSync(join(folder, "checkpoint.bin"));
  const { history, files } = await train(config, { out: folder, resume });
  const { tensors } = decodeCheckpoint(readFileSync(files.checkpoint))!;
  const { top1 } = await onHeldBack(config, ({ network }) => ({
    plan: planFor(config.stages.at(-1)!, network, config.activations),
    tensors,
  }));
  const { zeros } = weightSizes(readFileSync(files.model!));
  const { cosine } = summarizeLayers(history.at(-1)!.layers);
  return { arm, seed, epochs: history.length, top1, zeros, cosine };
}

/** Of the float network that all arms start from. */
export function floatOnHeldBack(config: TrainingConfig): Promise<Evaluation> {
  return onHeldBack(config, ({ network, parameters }) => ({
    plan: planFloat(network),
    tensors: new Map(parameters),
  }));
}

async function onHeldBack(
  config: TrainingConfig,
  measured: (run: PreparedRun) => { readonly plan: StagePlan; readonly tensors: StateTensors },
): Promise<Evaluation> {
  const engine = await openEngine(config.threads);
  const run = await prepareRun(config, engine);
  const { plan, tensors } = measured(run);
  const graph = measuringGraph(run, tensors, plan, EVALUATION_BATCH);
  return evaluateTop1(engine, graph, run.validation);
}
