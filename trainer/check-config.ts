/** @file What the schema of a configuration cannot say: what its keys ask of each other. */

import { type Diagnostic, problem } from "../model/diagnostics/diagnostic.ts";
import type { StageConfig, TrainingConfig } from "./config.ts";
import { buildMethod, quantizes } from "./methods/index.ts";
import type { Moment } from "./step/snapshot.ts";

/** Every problem between keys that are sound by themselves. */
export function checkConfig(config: TrainingConfig, at: string): Diagnostic[] {
  return [...checkStages(config, at), ...checkWorkers(config, at)];
}

/** What is wrong between stages, and between the keys of one. */
function checkStages({ stages }: TrainingConfig, at: string): Diagnostic[] {
  return stages.flatMap((stage, i) => {
    const wrong = (key: string, message: string, help: string): Diagnostic =>
      problem("train/bad-config", message, { at: `${at}: stages[${i}].${key}`, help });
    const { weights, cosine } = buildMethod(stage.method);
    const before = stages[i - 1];
    const found: Diagnostic[] = [];
    if (before !== undefined && !cosine && buildMethod(before.method).cosine) {
      const message =
        "products were divided by the norm of what each filter sees, and are not here";
      const help =
        'no stored weight can hold that norm: end the run here, or train with "sphere" alone';
      found.push(wrong("method", message, help));
    }
    // What was learnt in integers would be lost.
    if (weights === "f32" && before !== undefined && quantizes(before.method.kind)) {
      found.push(
        wrong("method", "a float stage comes after one that quantises", "put float stages first"),
      );
    }
    if (stage.reinitialize !== undefined && weights !== "ternary") {
      const help = "move it to the ternary stage that follows";
      found.push(wrong("reinitialize", "only a ternary stage has trits to start from", help));
    }
    const { reinitialize } = stage;
    if (reinitialize?.kind === "rewind" && !isBefore(stages, reinitialize, i)) {
      const help = "name an epoch of an earlier stage; stages and epochs count from 0";
      found.push(wrong("reinitialize", "there is no such epoch before this stage", help));
    }
    if (stage.ranges.kind !== "extremes" && weights === "f32") {
      const help = "remove the key, or move it to a stage that quantises";
      found.push(wrong("ranges", "a float stage rounds no activations", help));
    }
    if (stage.freeze > 0 && weights === "f32") {
      found.push(wrong("freeze", "a float stage has no codes to freeze", "remove the key"));
    }
    return found;
  });
}

function checkWorkers({ workers, batchSize }: TrainingConfig, at: string): Diagnostic[] {
  if (batchSize % workers === 0) return [];
  return [
    problem("train/bad-config", `${workers} workers cannot share batches of ${batchSize} evenly`, {
      at: `${at}: workers`,
      help: "make batchSize a multiple of workers",
    }),
  ];
}

/** Whether `moment` is the start of an epoch before stage `index`. */
function isBefore(stages: readonly StageConfig[], moment: Moment, index: number): boolean {
  return moment.stage < index && moment.epoch < stages[moment.stage]!.epochs;
}
