/** @file A training run in progress: stages, epochs, checkpoints, results, files. */

import { rewindMoments, type TrainingConfig } from "../config.ts";
import type { Engine } from "../engine/engine.ts";
import type { TrainingLog } from "../report/training-log.ts";
import { planFloat, type StagePlan } from "../step/plan.ts";
import { keepSnapshot } from "../step/snapshot.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { measure, validate } from "./measure-run.ts";
import { measureTeachers } from "./measure-teachers.ts";
import { exportedGraph, metadataOf } from "./outputs.ts";
import { Pace } from "./pace.ts";
import type { PreparedRun } from "./prepare.ts";
import type { OnProgress } from "./progress.ts";
import { countOf, stageEvent, startEvent, stepEvent, stepsDone } from "./run-events.ts";
import { type RunFilePaths, RunFiles } from "./run-files.ts";
import { START_OF_STAGE, Stage, stepsPerEpoch } from "./stage.ts";
import { planOf, stageRequest } from "./stage-request.ts";
import { prepareWeights, settleFloats } from "./stage-weights.ts";
import { type EpochRecord, NO_TOTALS, type Position, type TrainingResults } from "./state.ts";
import { floatHistograms, usedHistograms } from "./weight-histograms.ts";

export interface TrainOptions {
  /** The folder of all results. */
  readonly out: string;
  /**
   * Goes on from the folder's checkpoint, also with stages that its run did not have; the final
   * bits are those of a run never stopped.
   */
  readonly resume?: boolean;
  readonly onProgress?: OnProgress;
  /** Stops after the present step and writes a checkpoint. */
  readonly signal?: AbortSignal;
}

export interface TrainingResult {
  readonly status: "finished" | "interrupted";
  readonly results: TrainingResults;
  readonly history: readonly EpochRecord[];
  readonly files: RunFilePaths;
}

export class Training {
  readonly #config: TrainingConfig;
  readonly #options: TrainOptions;
  readonly #engine: Engine;
  readonly #run: PreparedRun;
  readonly #files: RunFiles;
  readonly #pace: Pace;
  #state: Omit<Checkpoint, "runDigest">;

  constructor(config: TrainingConfig, options: TrainOptions, engine: Engine, run: PreparedRun) {
    this.#config = config;
    this.#options = options;
    this.#engine = engine;
    this.#run = run;
    this.#files = new RunFiles(options.out);
    const epochs = config.stages.reduce((sum, stage) => sum + stage.epochs, 0);
    this.#pace = new Pace(epochs * stepsPerEpoch(run.training, config.batchSize), config.batchSize);
    this.#state = {
      position: { stage: 0, ...START_OF_STAGE },
      history: [],
      results: {},
      evidence: { weightsBefore: [], confusion: [] },
      tensors: new Map(run.parameters),
    };
  }

  async run(): Promise<TrainingResult> {
    if (this.#options.resume) this.#state = await this.#files.resume(this.#digestAt);
    this.#emit(startEvent(this.#run, this.#engine));
    await this.#measureTeachers();
    await this.#measureGiven();
    while (this.#state.position.stage < this.#config.stages.length) {
      if (!(await this.#stage())) return this.#result("interrupted");
    }
    const plan = this.#planOf(this.#config.stages.length - 1);
    await this.#files.writeResults(this.#exported(plan), this.#log(plan));
    return this.#result("finished");
  }

  async #measureTeachers(): Promise<void> {
    const classes = this.#run.labels.length;
    for (const { teacher, evaluation } of await measureTeachers(this.#engine, this.#run)) {
      this.#emit({ kind: "teacher", name: teacher.name, classes, ...evaluation });
    }
  }

  /**
   * Evaluates and writes the float network that the present stage quantises, if
   * none has been: that of a file, or of a run that ended before this stage was
   * asked for.
   */
  async #measureGiven(): Promise<void> {
    const { stage, begun } = this.#state.position;
    const isNext = !begun && this.#config.stages[stage] !== undefined;
    if (!isNext || this.#state.results.float !== undefined) return;
    if (this.#planOf(stage).activations === undefined) return;
    const plan = stage === 0 ? planFloat(this.#run.network) : this.#planOf(stage - 1);
    const isFloat = stage > 0 ? plan.activations === undefined : "onnx" in this.#config.model;
    if (isFloat) await this.#finishFloat(plan, stage);
  }

  /** Runs the rest of the present stage; false if interrupted. */
  async #stage(): Promise<boolean> {
    const index = this.#state.position.stage;
    this.#begin(index);
    const stage = await this.#openStage(index);
    this.#emit(stageEvent(this.#config, index, stage));
    try {
      const { epoch, step } = this.#state.position;
      if (stage.needsStatistics && epoch === 0 && step === 0) {
        await stage.calibrate(this.#config.calibrationBatches, "calibrate");
      }
      while (this.#state.position.epoch < this.#config.stages[index]!.epochs) {
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
    // Of the stage that was the last before others were added.
    const { quantized: _, ...results } = this.#state.results;
    this.#state = { ...this.#state, results };
    this.#keepWeightsBefore(index);
    const { reinitialize } = this.#config.stages[index]!;
    const plan = this.#planOf(index);
    prepareWeights(this.#run.network, tensors, plan, reinitialize, this.#config.seed);
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

  #openStage(index: number): Promise<Stage> {
    const checkpoint = (): string | undefined => this.#files.checkpoint;
    const request = stageRequest(this.#config, this.#run, this.#engine, index, checkpoint);
    return Stage.open(request, this.#state.tensors);
  }

  /** Runs the rest of the present epoch; false if interrupted. */
  async #epoch(stage: Stage): Promise<boolean> {
    const { stage: index, epoch, step } = this.#state.position;
    const order = stage.orderOf(epoch);
    if (step === 0) {
      // A later stage may go back to these weights.
      const wanted = rewindMoments(this.#config.stages);
      keepSnapshot(wanted, { stage: index, epoch }, this.#run.network, this.#state.tensors);
    }
    this.#pace.start();
    while (this.#state.position.step < stage.stepsPerEpoch) {
      if (this.#options.signal?.aborted) {
        await this.#save();
        return false;
      }
      this.#state = { ...this.#state, position: await stage.step(this.#state.position, order) };
      this.#pace.tick(stepsDone(this.#config, this.#state.position, stage));
      this.#emit(stepEvent(this.#config, this.#state.position, stage, this.#pace));
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
    const { position, tensors } = this.#state;
    const { stage: index, epoch, step, totals } = position;
    const validation = await validate(this.#engine, this.#run, tensors, this.#planOf(index));
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
    if (isLastFloat) await this.#finishFloat(plan, index + 1);
    else if (!isFloat && isLast) await this.#keepResult("quantized", plan);
    this.#state = { ...this.#state, position: { stage: index + 1, ...START_OF_STAGE } };
    await this.#save();
  }

  /** Of the network after the first `stages` stages. */
  async #finishFloat(plan: StagePlan, stages: number): Promise<void> {
    await this.#keepResult("float", plan);
    await this.#files.writeFloat(this.#exported(plan, stages));
  }

  /** Evaluates on the test samples; the last evaluation is that of the exported model. */
  async #keepResult(name: "float" | "quantized", plan: StagePlan): Promise<void> {
    const { tensors } = this.#state;
    const { evaluation, confusion } = await measure(this.#engine, this.#run, tensors, plan);
    const results = { ...this.#state.results, [name]: evaluation };
    const evidence = { ...this.#state.evidence, confusion };
    this.#state = { ...this.#state, results, evidence };
    this.#emit({ kind: "result", name, classes: this.#run.labels.length, ...evaluation });
  }

  #exported(
    plan: StagePlan,
    stages = this.#config.stages.length,
  ): ReturnType<typeof exportedGraph> {
    const config = { ...this.#config, stages: this.#config.stages.slice(0, stages) };
    const metadata = metadataOf(config, this.#run, this.#state.results);
    return exportedGraph(this.#run, this.#state.tensors, plan, metadata);
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

  #planOf(index: number): StagePlan {
    return planOf(this.#config, this.#run, index);
  }

  async #save(): Promise<void> {
    const state = { ...this.#state, runDigest: this.#digestAt(this.#state.position) };
    this.#emit({ kind: "checkpoint", path: await this.#files.save(state) });
  }

  /** Of all that has made the state at `position` what it is. */
  readonly #digestAt = ({ stage, begun }: Position): string =>
    this.#run.digestOf(begun ? stage + 1 : stage);

  #emit(event: Parameters<OnProgress>[0]): void {
    this.#options.onProgress?.(event);
  }

  #result(status: TrainingResult["status"]): TrainingResult {
    const { results, history } = this.#state;
    return { status, results, history, files: this.#files.paths(results.float !== undefined) };
  }
}
