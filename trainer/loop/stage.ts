/**
 * @file One stage of training: its graph, its epochs, its statistics.
 *
 * A stage that quantises first averages statistics over some batches, so that
 * ranges of activations exist before the first update, and does so again at
 * the end, so that they fit the final weights.
 */

import { Random } from "../../core/random.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { Session } from "../engine/engine.ts";
import { holdAll, holdMissing } from "../methods/held.ts";
import { rateAt, type Schedule } from "../schedules/schedule.ts";
import { balanceName } from "../step/penalty.ts";
import { distinctMethods } from "../step/plan.ts";
import { isRunningStatistic } from "../step/running-statistics.ts";
import { CORRECT, LABELS, LOSS, NEXT } from "../step/training-graph.ts";
import type { Augmentation } from "./augment.ts";
import { augmentedBatch } from "./batch.ts";
import { type DivergedRequest, diverged } from "./diverged.ts";
import { layerRecords } from "./layer-records.ts";
import { measureRanges } from "./measure-ranges.ts";
import { openTrainingStep } from "./open-step.ts";
import type { Samples } from "./samples.ts";
import {
  completeState,
  inputNames,
  type LayerRecord,
  NO_TOTALS,
  type Position,
  type StateTensors,
  zeroTensor,
} from "./state.ts";
import { perStepInputs, type StepScalars, scalarFeeds } from "./step-inputs.ts";

/** Step size of the running statistics while weights change. */
const STATISTICS_STEP = 0.1;

export interface StageRequest extends DivergedRequest {
  readonly samples: Samples;
  readonly stage: number;
  readonly epochs: number;
  readonly schedule: Schedule;
  readonly augmentation: Augmentation;
  readonly seed: number;
  /** Parts of a batch that are computed side by side; 1 if absent. */
  readonly workers?: number;
  /** Updates between two computations of what the host holds; 1 if absent. */
  readonly refresh?: number;
  /** Share of the stage, at its end, in which weights stay as they are; 0 if absent. */
  readonly freeze?: number;
}

type Feeds = Record<string, Tensor>;

export class Stage {
  readonly #request: StageRequest;
  readonly #session: Session;
  readonly #inputs: ReadonlySet<string>;
  readonly tensors: StateTensors;
  #previous: Feeds | undefined;

  private constructor(
    request: StageRequest,
    session: Session,
    inputs: ReadonlySet<string>,
    tensors: StateTensors,
  ) {
    this.#request = request;
    this.#session = session;
    this.#inputs = inputs;
    this.tensors = tensors;
  }

  /** Builds and loads the stage's graph; adds to `tensors` what it lacks. */
  static async open(request: StageRequest, tensors: StateTensors): Promise<Stage> {
    const { graph, session } = await openTrainingStep(request);
    holdMissing(request.network, request.plan.methods, tensors);
    const inputs = inputNames(graph);
    completeState(graph, tensors, perStepInputs(request));
    return new Stage(request, session, inputs, tensors);
  }

  get stepsPerEpoch(): number {
    return stepsPerEpoch(this.#request.samples, this.#request.batch);
  }

  get quantizes(): boolean {
    return this.#request.plan.activations !== undefined;
  }

  /** Whether statistics must be averaged before the first update. */
  get needsStatistics(): boolean {
    const methods = distinctMethods(this.#request.plan);
    return this.quantizes || methods.some(method => method.penalty !== undefined);
  }

  /** The rate of the step at `position`. */
  rateOf(position: Position): number {
    return rateAt(this.#request.schedule, this.#progressOf(position));
  }

  /** How the weights of every layer stand after the step at `position`. */
  layersAt(position: Position): LayerRecord[] {
    const { network, plan } = this.#request;
    return layerRecords(network, this.tensors, plan, this.#progressOf(position));
  }

  /** The samples of one epoch, in their random order. */
  orderOf(epoch: number): Uint32Array {
    const { seed, stage, samples } = this.#request;
    return new Random(seed, "order", stage, epoch).permutation(samples.count);
  }

  /** One update; returns the position after it. @throws train/diverged */
  async step(position: Position, order: Uint32Array): Promise<Position> {
    const { batch, schedule } = this.#request;
    const at = this.#progressOf(position);
    const index = position.epoch * this.stepsPerEpoch + position.step;
    const frozen = this.#frozenAt(at);
    if (this.#holdsAt(index)) this.#hold(at);
    const rate = rateAt(schedule, at);
    const feeds = this.#feeds(
      order.subarray(position.step * batch, (position.step + 1) * batch),
      position.epoch,
      {
        rate,
        weightRate: frozen ? 0 : rate,
        statisticsRate: STATISTICS_STEP,
        balanceRate: 0,
        progress: at,
        update: index + 1,
      },
    );
    const results = await this.#session.run(feeds);
    const loss = results[LOSS]!.data[0] as number;
    if (!Number.isFinite(loss))
      throw await diverged(this.#request, this.#previous ?? feeds, position);
    this.#take(results, () => true);
    this.#previous = feeds;
    const { totals } = position;
    return {
      ...position,
      step: position.step + 1,
      totals: {
        loss: totals.loss + loss,
        correct: totals.correct + Number(results[CORRECT]!.data[0]),
      },
    };
  }

  /** Thresholds and masks of the final weights, unless those are frozen. */
  settle(): void {
    if (!this.#frozenAt(1)) this.#hold(1);
  }

  /**
   * Averages the running statistics over `batches` batches, and changes nothing
   * else; the balance of penalties only before the first update.
   */
  async calibrate(batches: number, purpose: "calibrate" | "settle"): Promise<void> {
    const { batch, seed, stage, samples } = this.#request;
    const order = new Random(seed, purpose, stage).permutation(samples.count);
    const count = Math.min(batches, this.stepsPerEpoch);
    if (purpose === "calibrate") {
      const batchesOf = Array.from({ length: count }, (_, i) =>
        order.subarray(i * batch, (i + 1) * batch),
      );
      await measureRanges(this.#request, this.tensors, batchesOf);
    }
    const isStatistic = (name: string): boolean =>
      isRunningStatistic(this.#request.plan, name) ||
      (purpose === "calibrate" && name.endsWith(balanceName("")));
    for (const [name, { shape }] of this.tensors) {
      if (isStatistic(name)) this.tensors.set(name, zeroTensor(shape));
    }
    for (let i = 0; i < count; i++) {
      const indices = order.subarray(i * batch, (i + 1) * batch);
      const share = 1 / (i + 1);
      const rates = { rate: 0, weightRate: 0, statisticsRate: share, balanceRate: share };
      const scalars = { ...rates, progress: 0, update: 1 };
      const results = await this.#session.run(this.#feeds(indices, purpose, scalars));
      this.#take(results, isStatistic);
    }
  }

  release(): Promise<void> {
    return this.#session.release();
  }

  #progressOf({ epoch, step }: Position): number {
    return (epoch * this.stepsPerEpoch + step) / (this.#request.epochs * this.stepsPerEpoch);
  }

  #feeds(indices: Uint32Array, epoch: number | string, scalars: StepScalars): Feeds {
    const { seed, stage, samples, augmentation, network } = this.#request;
    const stream = [seed, "augment", stage, epoch];
    const { images, labels } = augmentedBatch(samples, indices, augmentation, stream);
    const feeds: Feeds = {
      [network.input.name]: images,
      [LABELS]: labels,
      ...scalarFeeds(this.#request, scalars),
    };
    for (const [name, value] of this.tensors) feeds[name] = value;
    return Object.fromEntries(Object.entries(feeds).filter(([name]) => this.#inputs.has(name)));
  }

  /** Makes results the next inputs; nothing is copied. */
  #take(results: Readonly<Record<string, Tensor>>, wanted: (name: string) => boolean): void {
    for (const [output, value] of Object.entries(results)) {
      if (!output.startsWith(NEXT)) continue;
      const name = output.slice(NEXT.length);
      if (wanted(name)) this.tensors.set(name, value as Tensor<"f32">);
    }
  }

  /** Every few steps while weights move, and once when they have come to rest. */
  #holdsAt(index: number): boolean {
    const { refresh = 1, epochs } = this.#request;
    const frozenBy = (step: number): boolean =>
      step >= 0 && this.#frozenAt(step / (epochs * this.stepsPerEpoch));
    if (frozenBy(index)) return !frozenBy(index - 1);
    return index % refresh === 0;
  }

  #frozenAt(progress: number): boolean {
    const { freeze = 0 } = this.#request;
    return freeze > 0 && progress >= 1 - freeze;
  }

  #hold(progress: number): void {
    const { network, plan } = this.#request;
    holdAll(network, plan.methods, this.tensors, progress);
  }
}

/** Whole batches in an epoch; the few samples that are left over differ from epoch to epoch. */
export function stepsPerEpoch(samples: Samples, batch: number): number {
  return Math.floor(samples.count / batch);
}

export const START_OF_STAGE = { epoch: 0, step: 0, begun: false, totals: NO_TOTALS } as const;
