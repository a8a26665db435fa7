/**
 * @file The training configuration: what a user may say, its defaults, and the
 * messages for what is wrong.
 *
 * A configuration is a JSON file, or a module (`.ts`, `.mjs`, `.js`) that
 * exports `config`.
 */

import { readFile } from "node:fs/promises";
import { dirname, extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import { type Diagnostic, problem, UsageError } from "../model/diagnostics/diagnostic.ts";
import { explainIssues } from "./config-issues.ts";
import { distillOptions } from "./distill/options.ts";
import { buildMethod, METHOD_KINDS, quantizes } from "./methods/index.ts";
import type { MethodChoice, MethodKind } from "./methods/kind.ts";
import { MODEL_KINDS } from "./models/index.ts";
import { headOptions } from "./network/cosine-head.ts";
import { ACTIVATION_FORMATS } from "./quantize/activation.ts";
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
    }),
  ]),
  /** The last layer: a plain product, or one of directions. */
  head: headOptions.optional(),
  /** x = (stored − mean)·scale; default: as an ONNX model has it, else from the training samples. */
  input: z.strictObject({ mean: z.int().min(-128).max(255), scale: positive }).optional(),
  activations: z.enum(ACTIVATION_FORMATS).default("int8"),
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

/** Checks `value` and fills in defaults. @throws train/bad-config: every problem at once */
export function parseConfig(value: unknown, at = "configuration"): TrainingConfig {
  const result = trainingConfigSchema.safeParse(value);
  const problems: Diagnostic[] = result.success
    ? [...checkStages(result.data, at), ...checkWorkers(result.data, at)]
    : explainIssues(result.error.issues, trainingConfigSchema, at);
  if (problems.length > 0) throw new UsageError(...problems);
  return result.data!;
}

/** Reads a configuration; model files in it are found beside it. @throws train/bad-config, file/unreadable */
export async function loadConfig(path: string): Promise<TrainingConfig> {
  const value = extname(path) === ".json" ? await readJson(path) : await importConfig(path);
  const config = parseConfig(value, path);
  const beside = (file: string): string => resolve(dirname(path), file);
  const stages = config.stages.map(stage =>
    stage.distill === undefined
      ? stage
      : { ...stage, distill: { ...stage.distill, teacher: beside(stage.distill.teacher) } },
  );
  if (!("onnx" in config.model)) return { ...config, stages };
  return { ...config, stages, model: { ...config.model, onnx: beside(config.model.onnx) } };
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

/** The moments whose weights a later stage goes back to. */
export function rewindMoments({ stages }: TrainingConfig): Moment[] {
  return stages.flatMap(({ reinitialize }) =>
    reinitialize?.kind === "rewind" ? [reinitialize] : [],
  );
}

async function readJson(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw unreadable(path, error);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(
      problem("train/bad-config", "the configuration is not valid JSON", {
        at: path,
        notes: [(error as Error).message],
      }),
    );
  }
}

async function importConfig(path: string): Promise<unknown> {
  let module: Readonly<Record<string, unknown>>;
  try {
    module = (await import(pathToFileURL(resolve(path)).href)) as typeof module;
  } catch (error) {
    if ((error as { code?: string }).code === "ERR_MODULE_NOT_FOUND") throw unreadable(path, error);
    throw new UsageError(
      problem("train/bad-config", "the configuration cannot be loaded", {
        at: path,
        notes: [(error as Error).message],
        help: "TypeScript needs Node 22.18 or later; JSON works everywhere",
      }),
    );
  }
  if (module.config !== undefined) return module.config;
  throw new UsageError(
    problem("train/bad-config", 'the module does not export "config"', {
      at: path,
      help: "write: export const config = { … }",
    }),
  );
}

function unreadable(path: string, error: unknown): UsageError {
  return new UsageError(
    problem("file/unreadable", "the configuration cannot be read", {
      at: path,
      notes: [(error as Error).message],
    }),
  );
}
