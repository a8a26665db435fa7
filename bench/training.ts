/**
 * @file Training throughput: whole steps, batch 64, as `tritc train` runs them.
 *
 *     node bench/training.ts [STEPS] [--layers]
 *
 * Prints images per second of the median and of the best step of ResNet-8 and
 * DS-CNN, float and ternary, for several threads or workers; `plain` keeps to
 * ONNX's own operators. Variants take turns step by step. `--layers` prints
 * multiply-accumulates per second of single layers and their gradients instead.
 */

import { parseArgs } from "node:util";
import { Random } from "../core/random.ts";
import { elementCount, type Shape } from "../core/shape.ts";
import type { Engine } from "../trainer/engine/engine.ts";
import { openEngine } from "../trainer/engine/onnxruntime.ts";
import type { Samples } from "../trainer/loop/samples.ts";
import { START_OF_STAGE, Stage } from "../trainer/loop/stage.ts";
import { int8 } from "../trainer/methods/int8.ts";
import { twn } from "../trainer/methods/twn.ts";
import { dscnn } from "../trainer/models/dscnn.ts";
import type { ModelKind } from "../trainer/models/model.ts";
import { resnet8 } from "../trainer/models/resnet8.ts";
import { recognizeNetwork } from "../trainer/network/recognize.ts";
import { sgd } from "../trainer/optimizers/sgd.ts";
import { planFloat, planQuantized } from "../trainer/step/plan.ts";
import { timeLayers } from "./layer-gradients.ts";

const BATCH = 64;
const CLASSES = 10;
const WARMUP = 2;

interface Task {
  readonly model: ModelKind;
  readonly input: Shape;
}

interface Variant {
  readonly plain?: boolean;
  readonly threads: number;
  readonly workers: number;
}

const TASKS: readonly Task[] = [
  { model: resnet8, input: [3, 32, 32] },
  { model: dscnn, input: [1, 49, 10] },
];

const VARIANTS: readonly Variant[] = [
  { plain: true, threads: 1, workers: 1 },
  { plain: true, threads: 2, workers: 1 },
  { threads: 1, workers: 1 },
  { threads: 2, workers: 1 },
  { threads: 1, workers: 2 },
];

type Weights = "float" | "twn";

/** Random pixels of random classes: speed does not depend on them. */
function randomSamples(count: number, shape: Shape): Samples {
  const random = new Random(1, "bench");
  const data = new Uint8Array(count * elementCount(shape)).map(() => random.integer(0, 255));
  const labels = new Int32Array(count).map(() => random.integer(0, CLASSES - 1));
  return { dtype: "u8", count, shape, order: "chw", data, labels };
}

async function engineOf({ plain = false, threads }: Variant): Promise<Engine> {
  const engine = await openEngine(threads);
  return plain ? { ...engine, blockSize: async () => undefined } : engine;
}

async function openStage(task: Task, weights: Weights, variant: Variant): Promise<Stage> {
  const { network, parameters } = recognizeNetwork(
    task.model.build({ input: task.input, classes: CLASSES, width: 1, seed: 1 }),
  );
  const choice = { body: twn, first: int8, last: int8, depthwise: int8 };
  const request = {
    network,
    parameters,
    input: { dtype: "u8", mean: 128, scale: Math.fround(1 / 64) } as const,
    plan: weights === "float" ? planFloat(network) : planQuantized(network, choice, "int8"),
    optimizer: sgd({ momentum: 0.9, nesterov: true, weightDecay: 5e-4 }),
    batch: BATCH,
    labelSmoothing: 0,
    engine: await engineOf(variant),
    workers: variant.workers,
    samples: randomSamples(4 * BATCH, task.input),
    stage: 0,
    epochs: 1,
    schedule: { kind: "constant", rate: 0.01 } as const,
    augmentation: { shift: 4, flip: true, fill: 0 },
    seed: 1,
    checkpoint: () => undefined,
  };
  return Stage.open(request, new Map(parameters));
}

/** Milliseconds of each step of every variant, without the first few. */
async function timeVariants(task: Task, weights: Weights, steps: number): Promise<number[][]> {
  const stages = await Promise.all(VARIANTS.map(variant => openStage(task, weights, variant)));
  const times = stages.map((): number[] => []);
  const start = { stage: 0, ...START_OF_STAGE };
  try {
    for (let i = 0; i < steps + WARMUP; i++) {
      for (const [v, stage] of stages.entries()) {
        const began = performance.now();
        await stage.step(start, stage.orderOf(0));
        if (i >= WARMUP) times[v]!.push(performance.now() - began);
      }
    }
  } finally {
    await Promise.all(stages.map(stage => stage.release()));
  }
  return times;
}

function report(task: Task, weights: Weights, variant: Variant, times: readonly number[]): void {
  const sorted = times.toSorted((a, b) => a - b);
  const rate = (ms: number): string => ((1000 * BATCH) / ms).toFixed(0).padStart(5);
  const { plain = false, threads, workers } = variant;
  const name = `${task.model.name} ${weights}`.padEnd(14);
  const form = `${plain ? "plain " : "blocks"} ${threads} thread(s) ${workers} worker(s)`;
  const median = rate(sorted[sorted.length >> 1]!);
  console.log(`${name} ${form}  median ${median} images/s  best ${rate(sorted[0]!)}`);
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { layers: { type: "boolean", default: false } },
});
const steps = Number(positionals[0] ?? 20);
if (values.layers) {
  for (const line of await timeLayers(await openEngine(1), steps)) console.log(line);
} else {
  for (const task of TASKS) {
    for (const weights of ["float", "twn"] as const) {
      const times = await timeVariants(task, weights, steps);
      for (const [v, each] of times.entries()) report(task, weights, VARIANTS[v]!, each);
    }
  }
}
