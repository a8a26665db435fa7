/** @file What a finished run writes into `log.json`: all that its report shows. */

import type { TrainingConfig } from "../config.ts";
import type { EpochRecord, TrainingResults } from "../loop/state.ts";
import type { InputQuantization } from "../step/input.ts";
import type { LayerHistogram } from "./histogram.ts";

/** What the report shows that cannot be had from the final weights alone. */
export interface Evidence {
  /** Float weights before the first stage that quantises, or before training if none does. */
  readonly weightsBefore: readonly LayerHistogram[];
  /** Of the last evaluation: test samples of class [row] that were taken for class [column]. */
  readonly confusion: readonly (readonly number[])[];
}

export interface TrainingLog extends Evidence {
  readonly config: TrainingConfig;
  readonly input: InputQuantization;
  /** Names of the classes. */
  readonly labels: readonly string[];
  /** Trained values. */
  readonly parameters: number;
  readonly history: readonly EpochRecord[];
  readonly results: TrainingResults;
  /** Weights that the exported model uses. */
  readonly weightsAfter: readonly LayerHistogram[];
}
