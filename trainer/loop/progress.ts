/** @file What a run tells while it goes on. */

import type { EpochRecord } from "./state.ts";

export type TrainingEvent =
  | {
      readonly kind: "start";
      readonly model: string;
      readonly parameters: number;
      readonly trainingSamples: number;
      readonly validationSamples: number;
      readonly engine: string;
      readonly threads: number;
    }
  | {
      /** What a teacher knows, on samples that are not the test's. */
      readonly kind: "teacher";
      readonly name: string;
      readonly top1: number;
      readonly samples: number;
      readonly classes: number;
    }
  | {
      readonly kind: "stage";
      readonly stage: number;
      readonly stages: number;
      readonly method: string;
      readonly epochs: number;
      readonly stepsPerEpoch: number;
    }
  | {
      readonly kind: "step";
      readonly stage: number;
      readonly epoch: number;
      readonly epochs: number;
      /** Steps of the epoch that are done. */
      readonly step: number;
      readonly steps: number;
      /** Mean over the epoch so far. */
      readonly loss: number;
      readonly top1: number;
      readonly imagesPerSecond: number;
      /** Until the end of the last stage, at the present rate. */
      readonly secondsLeft: number;
    }
  | { readonly kind: "epoch"; readonly record: EpochRecord }
  | { readonly kind: "checkpoint"; readonly path: string }
  | {
      readonly kind: "result";
      readonly name: string;
      readonly top1: number;
      readonly samples: number;
      readonly classes: number;
    };

export type OnProgress = (event: TrainingEvent) => void;
