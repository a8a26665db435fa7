/**
 * @file A whole training run: stages, epochs, checkpoints, results, files.
 *
 * Writes into its folder: `checkpoint.bin` after every epoch, `float.onnx`
 * after the last float stage, `model.onnx`, `log.json` and
 * `report.html` at the end.
 */

import type { TrainingConfig } from "./config.ts";
import { ENGINE_PACKAGES, openEngine } from "./engine/onnxruntime.ts";
import { prepareRun } from "./loop/prepare.ts";
import { Training, type TrainingResult, type TrainOptions } from "./loop/training.ts";

export type { TrainingResult, TrainOptions } from "./loop/training.ts";

/** Trains as `config` says. @throws train/*, data/*, onnx/*, file/* */
export async function train(
  config: TrainingConfig,
  options: TrainOptions,
): Promise<TrainingResult> {
  const engine = await openEngine(config.threads, ENGINE_PACKAGES, config.provider);
  const run = await prepareRun(config, engine);
  return new Training(config, options, engine, run).run();
}
