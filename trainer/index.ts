/** @file The trainer: configurations in, trained models out. */

export {
  type StageConfig,
  type TrainingConfig,
  type TrainingConfigInput,
  trainingConfigSchema,
} from "./config.ts";
export { type Dataset, type OpenOptions, openData, toModelInput } from "./data/index.ts";
export { openEngine } from "./engine/onnxruntime.ts";
export { loadConfig, parseConfig } from "./load-config.ts";
export type { Evaluation } from "./loop/evaluate.ts";
export type { OnProgress, TrainingEvent } from "./loop/progress.ts";
export type { EpochRecord, TrainingResults } from "./loop/state.ts";
export { METHOD_KINDS } from "./methods/index.ts";
export { MODEL_KINDS } from "./models/index.ts";
export { type LayerSummary, summarizeLayers } from "./report/layer-summary.ts";
export { type TrainingResult, type TrainOptions, train } from "./train.ts";
