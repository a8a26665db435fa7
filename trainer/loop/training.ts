/** @file A training run in progress: stages, epochs, checkpoints, results, files. */

import { join } from "node:path";
import { elementCount } from "../../core/shape.ts";
import { writeOnnx } from "../../model/onnx/index.ts";
import { rewindMoments, type TrainingConfig } from "../config.ts";
import type { Engine } from "../engine/engine.ts";
import { renderReport } from "../report/index.ts";
import type { TrainingLog } from "../report/training-log.ts";
import { planFloat, type StagePlan } from "../step/plan.ts";
import { keepSnapshot } from "../step/snapshot.ts";
import { type Checkpoint, readCheckpoint, writeAtomically, writeCheckpoint } from "./checkpoint.ts";
import {
  classify,
  confusionOf,
  EVALUATION_BATCH,
  type Evaluation,
  evaluateTop1,
  evaluationOf,
} from "./evaluate.ts";
import { exportedGraph, measuringGraph, metadataOf } from "./outputs.ts";
import { Pace } from "./pace.ts";
import { optimizerFor, type PreparedRun, planFor } from "./prepare.ts";
import type { OnProgress } from "./progress.ts";
import type { Samples } from "./samples.ts";
import { START_OF_STAGE, Stage, stepsPerEpoch } from "./stage.ts";
import { prepareWeights, settleFloats } from "./stage-weights.ts";
import { type EpochRecord, NO_TOTALS, type Position, type TrainingResults } from "./state.ts";
import { floatHistograms, usedHistograms } from "./weight-histograms.ts";

export interface TrainOptions {
  /** The folder of all results. */
  readonly out: string;
  /** Goes on from the folder's checkpoint; the final bits are those of a run never stopped. */
  readonly resume?: boolean;
  readonly onProgress?: OnProgress;
  /** Stops after the present step and writes a checkpoint. */
  readonly signal?: AbortSignal;
}

export interface TrainingResult {
  readonly status: "finished" | "interrupted";
  readonly results: TrainingResults;
  readonly history: readonly EpochRecord[];
  readonly files: {
    readonly checkpoint: string;
    /** Absent if the run was interrupted. */
    readonly model?: string;
    /** Absent if the network was never float: a built-in one that quantises from the start. */
    readonly float?: string;
    readonly log?: string;
    /** Absent too if the packages that draw it are not installed. */
    readonly report?: string;
  };
}

export class Training {
  readonly #config: TrainingConfig;
  readonly #options: TrainOptions;
  readonly #engine: Engine;
  readonly #run: PreparedRun;
  readonly #checkpointPath: string;
  readonly #pace: Pace;
  #hasReport = false;
  #state: Checkpoint;
  /** Whether the folder's checkpoint is of this run. */
  #hasCheckpoint = false;

  constructor(config: TrainingConfig, options: TrainOptions, engine: Engine, run: PreparedRun) {
    this.#config = config;
    this.#options = options;
    this.#engine = engine;
    this.#run = run;
    this.#checkpointPath = join(options.out, "checkpoint.bin");
    const epochs = config.stages.reduce((sum, stage) => sum + stage.epochs, 0);
    this.#pace = new Pace(epochs * stepsPerEpoch(run.training, config.batchSize), config.batchSize);
    this.#state = {
      runDigest: run.digest,
      position: { stage: 0, ...START_OF_STAGE },
      history: [],
      results: {},
      evidence: { weightsBefore: [], confusion: [] },
      tensors: new Map(run.parameters),
    };
  }

  async run(): Promise<TrainingResult> {
    if (this.#options.resume) {
      this.#state = await readCheckpoint(this.#checkpointPath, this.#run.digest);
      this.#hasCheckpoint = true;
    }
    this.#announce();
    await this.#measureGiven();
    while (this.#state.position.stage < this.#config.stages.length) {
      if (!(await this.#stage())) return this.#result("interrupted");
    }
    await this.#export();
    return this.#result("finished");
  }

  /** Evaluates and writes the float network of a file that is quantised as it is. */
  async #measureGiven(): Promise<void> {
    const isGiven = "onnx" in this.#config.model && this.#planOf(0).activations !== undefined;
    if (!isGiven || this.#state.results.float !== undefined) return;
    await this.#finishFloat(planFloat(this.#run.network));
  }

  /** Runs the rest of the present stage; false if interrupted. */
  async #stage(): Promise<boolean> {
    const index = this.#state.position.stage;
    const config = this.#config.stages[index]!;
    this.#begin(index);
    const stage = await this.#openStage(index);
    this.#emit({
      kind: "stage",
      stage: index,
      stages: this.#config.stages.length,
      method: config.method.kind,
      epochs: config.epochs,
      stepsPerEpoch: stage.stepsPerEpoch,
    });
    try {
      const { epoch, step } = this.#state.position;
      if (stage.needsStatistics && epoch === 0 && step === 0) {
        await stage.calibrate(this.#config.calibrationBatches, "calibrate");
      }
      while (this.#state.position.epoch < config.epochs) {
        if (!(await this.#epoch(stage))) return false;
      }
      stage.settle();
      if (stage.quantizes) await stage.calibrate(this.#config.calibrationBatches, "settle");
    } finally {
      await stage.release();
    }
    await this.#finishStage(index);
    return true;
  }

  /** Prepares the weights of a stage, once. */
  #begin(index: number): void {
    const { tensors, position } = this.#state;
    if (position.begun) return;
    this.#keepWeightsBefore(index);
    const { reinitialize } = this.#config.stages[index]!;
    prepareWeights(
      this.#run.network,
      tensors,
      this.#planOf(index),
      reinitialize,
      this.#config.seed,
    );
    this.#state = { ...this.#state, position: { ...position, begun: true } };
  }

  /** Before the first stage that quantises, or before the first if none does. */
  #keepWeightsBefore(index: number): void {
    const plans = this.#config.stages.map((_, i) => this.#planOf(i));
    const first = plans.findIndex(plan => plan.activations !== undefined);
    if (index !== Math.max(first, 0)) return;
    const weightsBefore = floatHistograms(this.#run.network, this.#state.tensors);
    this.#state = { ...this.#state, evidence: { ...this.#state.evidence, weightsBefore } };
  }

  /** The weights at the start of an epoch, if a later stage goes back to them. */
  #keepSnapshot(stage: number, epoch: number): void {
    const wanted = rewindMoments(this.#config);
    keepSnapshot(wanted, { stage, epoch }, this.#run.network, this.#state.tensors);
  }

  async #openStage(index: number): Promise<Stage> {
    const config = this.#config.stages[index]!;
    const optimizer = optimizerFor(config);
    const { tensors } = this.#state;
    const { network, parameters, input, training } = this.#run;
    const request = {
      network,
      parameters,
      input,
      plan: this.#planOf(index),
      optimizer,
      batch: this.#config.batchSize,
      labelSmoothing: this.#config.labelSmoothing,
      engine: this.#engine,
      samples: training,
      stage: index,
      epochs: config.epochs,
      schedule: config.schedule,
      augmentation: this.#config.augment,
      seed: this.#config.seed,
      workers: this.#config.workers,
      distillation: this.#run.distillations[index],
      refresh: config.refresh,
      freeze: config.freeze,
      checkpoint: () => (this.#hasCheckpoint ? this.#checkpointPath : undefined),
    };
    return Stage.open(request, tensors);
  }

  /** Runs the rest of the present epoch; false if interrupted. */
  async #epoch(stage: Stage): Promise<boolean> {
    const { stage: index, epoch } = this.#state.position;
    const order = stage.orderOf(epoch);
    if (this.#state.position.step === 0) this.#keepSnapshot(index, epoch);
    this.#pace.start();
    while (this.#state.position.step < stage.stepsPerEpoch) {
      if (this.#options.signal?.aborted) {
        await this.#save();
        return false;
      }
      this.#state = { ...this.#state, position: await stage.step(this.#state.position, order) };
      this.#pace.tick(this.#stepsDone());
      this.#reportStep(stage);
    }
    const record = await this.#record(stage);
    this.#emit({ kind: "epoch", record });
    this.#state = {
      ...this.#state,
      history: [...this.#state.history, record],
      position: { stage: index, epoch: epoch + 1, step: 0, begun: true, totals: NO_TOTALS },
    };
    await this.#save();
    return true;
  }

  async #record(stage: Stage): Promise<EpochRecord> {
    const { position } = this.#state;
    const { stage: index, epoch, step, totals } = position;
    const validation =
      this.#run.validation.count === 0
        ? undefined
        : await this.#evaluate(this.#planOf(index), this.#run.validation);
    return {
      stage: index,
      method: this.#config.stages[index]!.method.kind,
      epoch,
      loss: totals.loss / step,
      trainTop1: totals.correct / (step * this.#config.batchSize),
      ...(validation && { validationTop1: validation.top1 }),
      learningRate: stage.rateOf({ ...position, step: step - 1 }),
      layers: stage.layersAt({ ...position, step: step - 1 }),
    };
  }

  /** Evaluates at the end of the last stage of its kind, and moves on. */
  async #finishStage(index: number): Promise<void> {
    const plan = this.#planOf(index);
    const isLast = index + 1 === this.#config.stages.length;
    const isFloat = plan.activations === undefined;
    if (isFloat) settleFloats(this.#run.network, this.#state.tensors, plan);
    const isLastFloat = isFloat && (isLast || this.#planOf(index + 1).activations !== undefined);
    if (isLastFloat) await this.#finishFloat(plan);
    else if (!isFloat && isLast) {
      await this.#keepResult("quantized", plan);
    }
    const position: Position = { stage: index + 1, ...START_OF_STAGE };
    this.#state = { ...this.#state, position };
    await this.#save();
  }

  async #finishFloat(plan: StagePlan): Promise<void> {
    await this.#keepResult("float", plan);
    await this.#writeModel(this.#fileIn("float.onnx"), plan);
  }

  #evaluate(plan: StagePlan, samples: Samples): Promise<Evaluation> {
    const graph = measuringGraph(this.#run, this.#state.tensors, plan, EVALUATION_BATCH);
    return evaluateTop1(this.#engine, graph, samples);
  }

  async #export(): Promise<void> {
    const plan = this.#planOf(this.#config.stages.length - 1);
    await this.#writeModel(this.#fileIn("model.onnx"), plan);
    const log = this.#log(plan);
    await writeAtomically(this.#fileIn("log.json"), `${JSON.stringify(log, null, 2)}\n`);
    const report = await renderReport(log);
    if (report !== undefined) await writeAtomically(this.#fileIn("report.html"), report);
    this.#hasReport = report !== undefined;
  }

  #log(plan: StagePlan): TrainingLog {
    const { history, results, evidence, tensors } = this.#state;
    const { network, parameters, input, labels } = this.#run;
    return {
      config: this.#config,
      input,
      labels,
      parameters: countOf(parameters),
      history,
      results,
      weightsBefore: evidence.weightsBefore,
      weightsAfter: usedHistograms(network, tensors, plan),
      confusion: evidence.confusion,
    };
  }

  async #writeModel(path: string, plan: StagePlan): Promise<void> {
    const metadata = metadataOf(this.#config, this.#run, this.#state.results);
    const graph = exportedGraph(this.#run, this.#state.tensors, plan, metadata);
    await writeAtomically(path, writeOnnx(graph));
  }

  #planOf(index: number): StagePlan {
    return planFor(this.#config.stages[index]!, this.#run.network, this.#config.activations);
  }

  #fileIn(name: string): string {
    return join(this.#options.out, name);
  }

  /** Evaluates on the test samples; the last evaluation is that of the exported model. */
  async #keepResult(name: "float" | "quantized", plan: StagePlan): Promise<void> {
    const { test, labels } = this.#run;
    const graph = measuringGraph(this.#run, this.#state.tensors, plan, EVALUATION_BATCH);
    const found = await classify(this.#engine, graph, test);
    const evaluation = evaluationOf(found, test);
    const confusion = confusionOf(found, test, labels.length);
    const results = { ...this.#state.results, [name]: evaluation };
    const evidence = { ...this.#state.evidence, confusion };
    this.#state = { ...this.#state, results, evidence };
    const classes = this.#run.labels.length;
    this.#emit({ kind: "result", name, classes, ...evaluation });
  }

  async #save(): Promise<void> {
    await writeCheckpoint(this.#checkpointPath, this.#state);
    this.#hasCheckpoint = true;
    this.#emit({ kind: "checkpoint", path: this.#checkpointPath });
  }

  #stepsDone(): number {
    const { stage, epoch, step } = this.#state.position;
    const perEpoch = stepsPerEpoch(this.#run.training, this.#config.batchSize);
    const before = this.#config.stages.slice(0, stage).reduce((sum, s) => sum + s.epochs, 0);
    return (before + epoch) * perEpoch + step;
  }

  #reportStep(stage: Stage): void {
    const { stage: index, epoch, step, totals } = this.#state.position;
    this.#emit({
      kind: "step",
      stage: index,
      epoch,
      epochs: this.#config.stages[index]!.epochs,
      step,
      steps: stage.stepsPerEpoch,
      loss: totals.loss / step,
      top1: totals.correct / (step * this.#config.batchSize),
      imagesPerSecond: this.#pace.imagesPerSecond,
      secondsLeft: this.#pace.secondsLeft,
    });
  }

  #announce(): void {
    const { network, parameters, training, validation } = this.#run;
    this.#emit({
      kind: "start",
      model: network.name,
      parameters: countOf(parameters),
      trainingSamples: training.count,
      validationSamples: validation.count,
      engine: this.#engine.name,
      threads: this.#engine.threads,
    });
  }

  #emit(event: Parameters<OnProgress>[0]): void {
    this.#options.onProgress?.(event);
  }

  #result(status: TrainingResult["status"]): TrainingResult {
    const { results, history } = this.#state;
    const finished = status === "finished";
    return {
      status,
      results,
      history,
      files: {
        checkpoint: this.#checkpointPath,
        ...(finished && { model: this.#fileIn("model.onnx"), log: this.#fileIn("log.json") }),
        ...(this.#hasReport && { report: this.#fileIn("report.html") }),
        ...(results.float && { float: this.#fileIn("float.onnx") }),
      },
    };
  }
}

function countOf(parameters: PreparedRun["parameters"]): number {
  return [...parameters.values()].reduce((sum, { shape }) => sum + elementCount(shape), 0);
}
