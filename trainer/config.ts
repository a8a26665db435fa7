/** @file The training configuration: what a user may say, and its defaults. */

import { z } from "zod";
import { ACTIVATION_CHOICES } from "../core/abi.ts";
import { distillOptions } from "./distill/options.ts";
import { METHOD_KINDS, quantizes } from "./methods/index.ts";
import type { MethodChoice, MethodKind } from "./methods/kind.ts";
import { MODEL_KINDS } from "./models/index.ts";
import { headOptions } from "./network/cosine-head.ts";
import { EXTREMES, rangeOptions } from "./quantize/range-options.ts";
import { reinitializationOptions } from "./step/reinitialize.ts";
import type { Moment } from "./step/snapshot.ts";

const positive = z.number().positive();
const share = z.number().min(0).max(1);
const count = z.int().positive();
/** A name, or a kind with its options. */
const methodOf = (kinds: readonly MethodKind[]) =>
  z
    .union([
      z.enum(kinds.map(kind => kind.name)),
      z.discriminatedUnion("kind", kinds.map(kind => kind.options) as [z.ZodObject]),
    ])
    .transform((choice): MethodChoice => {
      const named =
        typeof choice === "string" ? { kind: choice } : (choice as unknown as MethodChoice);
      const kind = kinds.find(({ name }) => name === named.kind)!;
      return kind.options.parse(named) as unknown as MethodChoice;
    });
const anyMethod = methodOf(METHOD_KINDS);
const layerMethod = methodOf(METHOD_KINDS.filter(kind => quantizes(kind.name))).default({
  kind: "int8",
});
const weightDecay = z.number().min(0).default(5e-4);

const sgd = z.strictObject({
  kind: z.literal("sgd"),
  momentum: share.default(0.9),
  nesterov: z.boolean().default(true),
  weightDecay,
});
const adam = z.strictObject({
  kind: z.enum(["adam", "adamw"]),
  beta1: share.default(0.9),
  beta2: share.default(0.999),
  epsilon: positive.default(1e-8),
  weightDecay,
});

const schedule = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("constant"), rate: positive }),
  z.strictObject({
    kind: z.literal("cosine"),
    rate: positive,
    warmup: share.default(0),
    floor: share.default(0),
  }),
  z.strictObject({
    kind: z.literal("one-cycle"),
    rate: positive,
    rise: share.default(0.3),
    startDivisor: positive.default(25),
  }),
  z.strictObject({
    kind: z.literal("step"),
    rate: positive,
    at: z.array(share).min(1),
    factor: positive.default(0.1),
  }),
]);

const stage = z.strictObject({
  /** Of the layers between the first and the last. */
  method: anyMethod,
  first: layerMethod,
  last: layerMethod,
  depthwise: layerMethod,
  epochs: count,
  optimizer: z.discriminatedUnion("kind", [sgd, adam]).default(() => sgd.parse({ kind: "sgd" })),
  schedule,
  /** What is learned from a teacher, beside the labels. */
  distill: distillOptions.optional(),
  /** How the ranges of activations come about. */
  ranges: rangeOptions.default(EXTREMES),
  /** Changes body weights before the first update. */
  reinitialize: reinitializationOptions.optional(),
  /** Share of the stage, at its end, in which weights stay as they are. */
  freeze: z.number().min(0).max(0.9).default(0),
  /** Updates between two computations of thresholds and masks. */
  refresh: count.default(5),
});

const augment = z.strictObject({
  shift: z.int().min(0).default(0),
  flip: z.boolean().default(false),
  fill: z.int().min(-128).max(255).default(0),
});

export const trainingConfigSchema = z.strictObject({
  /** Of the model; default: that of the architecture. */
  name: z.string().min(1).optional(),
  data: z.strictObject({
    /** KIND:PATH, as everywhere. */
    source: z.string().min(1),
    /** Training samples held back to watch progress by. */
    validation: z.int().min(0).default(0),
    /** Of the choice of those; default: `seed`. */
    validationSeed: z.int().min(0).optional(),
    /** Uses only the first training samples. */
    limit: count.optional(),
    /** Uses only these classes. */
    classes: z.array(z.string()).min(2).optional(),
  }),
  model: z.union([
    z.strictObject({
      kind: z.enum(MODEL_KINDS.map(kind => kind.name)),
      width: positive.default(1),
    }),
    z.strictObject({
      onnx: z.string().min(1),
      /** Whether layers without a batch normalisation get one; default: if none has one. */
      norms: z.enum(["insert", "keep"]).optional(),
      /** Times the channels of every hidden layer, of the same function. */
      width: z.number().min(1).max(16).optional(),
    }),
  ]),
  /** The last layer: a plain product, or one of directions. */
  head: headOptions.optional(),
  /** x = (stored − mean)·scale; default: as an ONNX model has it, else from the training samples. */
  input: z.strictObject({ mean: z.int().min(-128).max(255), scale: positive }).optional(),
  activations: z.enum(ACTIVATION_CHOICES).default("int8"),
  stages: z.array(stage).min(1),
  batchSize: count.default(64),
  seed: z.int().min(0).default(1),
  threads: count.default(2),
  /** Parts of every batch that are computed side by side, each with `threads`. */
  workers: count.default(1),
  /** Execution provider of ONNX Runtime. */
  provider: z.string().min(1).default("cpu"),
  augment: augment.default(() => augment.parse({})),
  labelSmoothing: z.number().min(0).max(0.5).default(0),
  /** Batches that statistics are averaged over before and after a stage that quantises. */
  calibrationBatches: count.default(40),
});

/** What a user writes. */
export type TrainingConfigInput = z.input<typeof trainingConfigSchema>;
/** With every default filled in. */
export type TrainingConfig = z.output<typeof trainingConfigSchema>;
export type StageConfig = TrainingConfig["stages"][number];

/** The moments whose weights a later stage goes back to. */
export function rewindMoments(stages: TrainingConfig["stages"]): Moment[] {
  return stages.flatMap(({ reinitialize }) =>
    reinitialize?.kind === "rewind" ? [reinitialize] : [],
  );
}
