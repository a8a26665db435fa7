/** @file Everything a run needs before its first step: data, network, input, plans. */

import { createHash } from "node:crypto";
import { readModelUse } from "../../core/metadata.ts";
import { Random } from "../../core/random.ts";
import { ModelError, problem, UsageError } from "../../model/diagnostics/diagnostic.ts";
import { placedIn } from "../../model/diagnostics/placed-in.ts";
import type { Graph } from "../../model/ir/graph.ts";
import { rewindMoments, type StageConfig, type TrainingConfig } from "../config.ts";
import { type Dataset, openData, pickSamples } from "../data/index.ts";
import type { Distillation } from "../distill/distillation.ts";
import { type PreparedDistillations, prepareDistillations } from "../distill/prepare.ts";
import type { Engine } from "../engine/engine.ts";
import { buildMethod } from "../methods/index.ts";
import { readModelFile } from "../model-file.ts";
import { modelKind } from "../models/index.ts";
import { withHead } from "../network/cosine-head.ts";
import { insertNorms, layersWithoutNorm } from "../network/insert-norms.ts";
import { classCount, type Network, type Parameters } from "../network/network.ts";
import { type RecognizedNetwork, recognizeNetwork } from "../network/recognize.ts";
import { widenNetwork } from "../network/widen.ts";
import { adam } from "../optimizers/adam.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import { sgd } from "../optimizers/sgd.ts";
import { checkNames } from "../step/check-names.ts";
import type { InputQuantization } from "../step/input.ts";
import { planFloat, planQuantized, type StagePlan } from "../step/plan.ts";
import { inputFor } from "./input-quantization.ts";
import { measureMoments } from "./measure-moments.ts";
import { type Samples, samplesOf } from "./samples.ts";

export interface PreparedRun {
  readonly network: Network;
  /** Initial values. */
  readonly parameters: Parameters;
  readonly input: InputQuantization;
  readonly training: Samples;
  readonly validation: Samples;
  readonly test: Samples;
  readonly labels: readonly string[];
  /** What each stage learns from a teacher; absent for stages without one. */
  readonly distillations: readonly (Distillation | undefined)[];
  /** Of the samples, the configuration up to its first `stages` stages, and their teachers. */
  readonly digestOf: (stages: number) => string;
}

/** @throws data/*, train/bad-config, train/unsupported-model, onnx/* */
export async function prepareRun(config: TrainingConfig, engine: Engine): Promise<PreparedRun> {
  const { source, limit, classes } = config.data;
  const whole = await openData(source, { split: "train", limit, classes });
  const testSet = await openData(source, { split: "test", classes });
  const graph = await graphFor(config, whole);
  const recognized = recognizedIn(graph, config);
  checkClasses(recognized.network, whole);
  const all = samplesOf(whole, recognized.network.input.shape);
  const [trainingSet, validationSet] = split(config, whole);
  const shape = recognized.network.input.shape;
  const training = samplesOf(trainingSet, shape);
  const { preprocess } = readModelUse(graph.metadata);
  const model = { convention: recognized.convention, preprocess };
  const input = inputFor(config, all, whole, "onnx" in config.model ? model : undefined);
  const { network, parameters } = withHead(
    await normalized(config, { ...recognized, input, training }, engine),
    config.head,
  );
  const problems = config.stages.flatMap((stage, i) =>
    checkNames(planFor(stage, network, config.activations), `stages[${i}].method`),
  );
  if (problems.length > 0) throw new UsageError(...problems);
  const distillations = await prepareDistillations(
    config.stages,
    network,
    input,
    whole.quantization,
  );
  return {
    network: config.name === undefined ? network : { ...network, name: config.name },
    parameters,
    input,
    training,
    validation: samplesOf(validationSet, shape),
    test: samplesOf(testSet, shape),
    labels: whole.classNames,
    distillations: distillations.stages,
    digestOf: digestsOfRun(config, all, distillations),
  };
}

/** How `stage` treats each layer. */
export function planFor(
  stage: StageConfig,
  network: Network,
  activations: TrainingConfig["activations"],
): StagePlan {
  const body = buildMethod(stage.method);
  if (body.quantize === undefined) return planFloat(network, body);
  const { first, last, depthwise, ranges } = stage;
  const methods = {
    body,
    first: buildMethod(first),
    last: buildMethod(last),
    depthwise: buildMethod(depthwise),
  };
  return planQuantized(network, methods, activations, ranges);
}

export function optimizerFor({ optimizer }: StageConfig): Optimizer {
  if (optimizer.kind === "sgd") return sgd(optimizer);
  return adam({ ...optimizer, decoupled: optimizer.kind === "adamw" });
}

async function graphFor(config: TrainingConfig, { shape, classNames }: Dataset): Promise<Graph> {
  const { model, seed } = config;
  if ("onnx" in model) return (await readModelFile(model.onnx, "model")).graph;
  const [height, width, channels] = shape;
  return modelKind(model.kind)!.build({
    input: [channels, height, width],
    classes: classNames.length,
    width: model.width,
    seed,
  });
}

/** As wide as it is asked for. @throws train/unsupported-model, in the file that has it */
function recognizedIn(graph: Graph, { model, seed }: TrainingConfig): RecognizedNetwork {
  if (!("onnx" in model)) return recognizeNetwork(graph);
  const { onnx, width = 1 } = model;
  const given = placedIn(onnx, () => recognizeNetwork(graph), /^train\/unsupported-model$/);
  return width > 1 ? widenNetwork(given, width, seed) : given;
}

/** The network of an ONNX file with the normalisations that its layers are to be given. */
async function normalized(
  { model, seed, batchSize, calibrationBatches }: TrainingConfig,
  run: Pick<PreparedRun, "network" | "parameters" | "input" | "training">,
  engine: Engine,
): Promise<Pick<PreparedRun, "network" | "parameters">> {
  const steps = "onnx" in model ? layersWithoutNorm(run.network, model.norms) : [];
  if (steps.length === 0) return run;
  const { training: samples } = run;
  const order = new Random(seed, "norms").permutation(samples.count);
  const count = Math.min(calibrationBatches, Math.floor(samples.count / batchSize));
  const batches = Array.from({ length: count }, (_, i) =>
    order.subarray(i * batchSize, (i + 1) * batchSize),
  );
  return insertNorms(run, await measureMoments({ ...run, engine, samples, batches }, steps));
}

function checkClasses(network: Network, { name, classNames }: Dataset): void {
  const scores = classCount(network);
  if (scores === classNames.length) return;
  throw new ModelError(
    problem("data/wrong-shape", `the model has ${scores} scores for ${classNames.length} classes`, {
      at: name,
      help: "give a model whose last layer fits the data, or choose classes with data.classes",
    }),
  );
}

/** Training samples, and those held back: a random choice that depends on the seed alone. */
function split(config: TrainingConfig, whole: Dataset): readonly [Dataset, Dataset] {
  const { validation, validationSeed = config.seed } = config.data;
  const left = whole.count - validation;
  if (left < config.batchSize) {
    throw new UsageError(
      problem("train/bad-config", "too few training samples for one batch", {
        at: "data.validation",
        notes: [`${whole.count} samples, ${validation} held back, batches of ${config.batchSize}`],
        help: "hold back fewer samples, or choose a smaller batchSize",
      }),
    );
  }
  const order = new Random(validationSeed, "validation").permutation(whole.count);
  const kept = order.slice(0, left).sort();
  return [pickSamples(whole, kept), pickSamples(whole, order.slice(left).sort())];
}

/** What stages from `count` on ask earlier ones to keep, which need it not themselves. */
function momentsKeptFor({ stages }: TrainingConfig, count: number): string[] {
  const textsOf = (some: TrainingConfig["stages"]): string[] =>
    rewindMoments(some)
      .filter(({ stage }) => stage < count)
      .map(({ stage, epoch }) => `${stage}/${epoch}`);
  const known = textsOf(stages.slice(0, count));
  const wanted = textsOf(stages.slice(count)).filter(text => !known.includes(text));
  return [...new Set(wanted)].sort();
}

/**
 * What a run is up to the end of a stage: what comes after may change, but for
 * the weights that it asks earlier stages to keep.
 */
function digestsOfRun(
  config: TrainingConfig,
  { data, labels }: Samples,
  { stages: taught, digests }: PreparedDistillations,
): (stages: number) => string {
  const known = new Map<number, string>();
  return count => {
    const before = known.get(count);
    if (before !== undefined) return before;
    const stages = config.stages.slice(0, count);
    const teachers = taught.slice(0, count).filter(each => each !== undefined).length;
    const kept = momentsKeptFor(config, count);
    const hash = createHash("sha256").update(JSON.stringify({ ...config, stages }));
    hash.update(data).update(labels).update(digests.slice(0, teachers).join());
    if (kept.length > 0) hash.update(JSON.stringify(kept));
    const digest = hash.digest("hex");
    known.set(count, digest);
    return digest;
  };
}
