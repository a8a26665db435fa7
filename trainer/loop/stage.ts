/**
 * @file One stage of training: its graph, its epochs, its statistics.
 *
 * A stage that quantises first averages statistics over some batches, so that
 * ranges of activations exist before the first update, and does so again at
 * the end, so that they fit the final weights.
 */

import { Random } from "../../core/random.ts";
import type { Tensor } from "../../core/tensor.ts";
import { writeOnnx } from "../../model/onnx/index.ts";
import type { Session } from "../engine/engine.ts";
import { rateAt, type Schedule } from "../schedules/schedule.ts";
import {
  CORRECT,
  LABELS,
  LEARNING_RATE,
  LOSS,
  MEMORY,
  NEXT,
  optimizerInput,
  STATISTICS_RATE,
  scheduleInput,
  trainingGraph,
} from "../step/training-graph.ts";
import type { Augmentation } from "./augment.ts";
import { augmentedBatch } from "./batch.ts";
import { type DivergedRequest, diverged } from "./diverged.ts";
import type { Samples } from "./samples.ts";
import {
  completeState,
  inputNames,
  NO_TOTALS,
  type Position,
  type StateTensors,
  scalarTensor,
  zeroTensor,
} from "./state.ts";

/** Step size of the running statistics while weights change. */
const STATISTICS_STEP = 0.1;

export interface StageRequest extends DivergedRequest {
  readonly samples: Samples;
  readonly stage: number;
  readonly epochs: number;
  readonly schedule: Schedule;
  readonly augmentation: Augmentation;
  readonly seed: number;
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
    const graph = trainingGraph(request);
    const inputs = inputNames(graph);
    completeState(graph, tensors, perStepInputs(request));
    const session = await request.engine.open(writeOnnx(graph, { extensions: ["com.microsoft"] }));
    return new Stage(request, session, inputs, tensors);
  }

  get stepsPerEpoch(): number {
    return stepsPerEpoch(this.#request.samples, this.#request.batch);
  }

  get quantizes(): boolean {
    return this.#request.plan.activations !== undefined;
  }

  /** The rate of the step at `position`. */
  rateOf(position: Position): number {
    return rateAt(this.#request.schedule, this.#progressOf(position));
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
    const feeds = this.#feeds(
      order.subarray(position.step * batch, (position.step + 1) * batch),
      position.epoch,
      {
        rate: rateAt(schedule, at),
        statisticsRate: STATISTICS_STEP,
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

  /** Averages the running statistics over `batches` batches, and changes nothing else. */
  async calibrate(batches: number, purpose: string): Promise<void> {
    const { batch, seed, stage, samples } = this.#request;
    const order = new Random(seed, purpose, stage).permutation(samples.count);
    const count = Math.min(batches, this.stepsPerEpoch);
    const trained = this.#trainedNames();
    for (const [name, { shape }] of this.tensors) {
      if (!trained.has(name)) this.tensors.set(name, zeroTensor(shape));
    }
    for (let i = 0; i < count; i++) {
      const indices = order.subarray(i * batch, (i + 1) * batch);
      const scalars = { rate: 0, statisticsRate: 1 / (i + 1), progress: 0, update: 1 };
      const results = await this.#session.run(this.#feeds(indices, purpose, scalars));
      this.#take(results, name => !trained.has(name));
    }
  }

  release(): Promise<void> {
    return this.#session.release();
  }

  #progressOf({ epoch, step }: Position): number {
    return (epoch * this.stepsPerEpoch + step) / (this.#request.epochs * this.stepsPerEpoch);
  }

  #feeds(
    indices: Uint32Array,
    epoch: number | string,
    scalars: { rate: number; statisticsRate: number; progress: number; update: number },
  ): Feeds {
    const { seed, stage, samples, augmentation, network, optimizer, plan } = this.#request;
    const stream = [seed, "augment", stage, epoch];
    const { images, labels } = augmentedBatch(samples, indices, augmentation, stream);
    const feeds: Feeds = {
      [network.input.name]: images,
      [LABELS]: labels,
      [LEARNING_RATE]: scalarTensor(scalars.rate),
      [STATISTICS_RATE]: scalarTensor(scalars.statisticsRate),
    };
    for (const [name, value] of Object.entries(optimizer.scalars(scalars.update))) {
      feeds[optimizerInput(name)] = scalarTensor(value);
    }
    for (const method of new Set(plan.methods.values())) {
      for (const { name, at } of method.schedules) {
        feeds[scheduleInput(name)] = scalarTensor(at(scalars.progress));
      }
    }
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

  /** Parameters and memories: all but running statistics. */
  #trainedNames(): ReadonlySet<string> {
    const statistics = [".norm.mean", ".norm.variance", ".range.min", ".range.max"];
    const names = [...this.tensors.keys()];
    return new Set(names.filter(name => !statistics.some(suffix => name.endsWith(suffix))));
  }
}

/** Whole batches in an epoch; the few samples that are left over differ from epoch to epoch. */
export function stepsPerEpoch(samples: Samples, batch: number): number {
  return Math.floor(samples.count / batch);
}

/** Removes what an optimiser remembered: a new stage starts without. */
export function forgetOptimizer(tensors: StateTensors): void {
  for (const name of [...tensors.keys()]) if (name.startsWith(MEMORY)) tensors.delete(name);
}

export const START_OF_STAGE = { epoch: 0, step: 0, totals: NO_TOTALS } as const;

/** Inputs that every step gets anew. */
function perStepInputs({ network, optimizer, plan }: StageRequest): ReadonlySet<string> {
  const methods = [...new Set(plan.methods.values())];
  return new Set([
    network.input.name,
    LABELS,
    LEARNING_RATE,
    STATISTICS_RATE,
    ...Object.keys(optimizer.scalars(1)).map(optimizerInput),
    ...methods.flatMap(method => method.schedules.map(({ name }) => scheduleInput(name))),
  ]);
}
