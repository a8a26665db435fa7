/**
 * @file Training throughput: whole steps of ResNet-8, batch 64, as `tritc train` runs them.
 *
 *     node bench/training.ts [STEPS]
 *
 * Prints images per second of the median step, for float and for ternary
 * weights, with one thread and with two. Rounds are interleaved.
 */

import { parseArgs } from "node:util";
import { Random } from "../core/random.ts";
import { openEngine } from "../trainer/engine/onnxruntime.ts";
import type { Samples } from "../trainer/loop/samples.ts";
import { START_OF_STAGE, Stage } from "../trainer/loop/stage.ts";
import type { Position } from "../trainer/loop/state.ts";
import { int8 } from "../trainer/methods/int8.ts";
import { twn } from "../trainer/methods/twn.ts";
import { resnet8 } from "../trainer/models/resnet8.ts";
import { recognizeNetwork } from "../trainer/network/recognize.ts";
import { sgd } from "../trainer/optimizers/sgd.ts";
import { planFloat, planQuantized } from "../trainer/step/plan.ts";

const BATCH = 64;
const SHAPE = [3, 32, 32];
const ROUNDS = 3;

interface Variant {
  readonly name: "float" | "twn";
  readonly threads: number;
}

const VARIANTS: readonly Variant[] = [
  { name: "float", threads: 1 },
  { name: "float", threads: 2 },
  { name: "twn", threads: 1 },
  { name: "twn", threads: 2 },
];

/** Random pixels of ten random classes: speed does not depend on them. */
function randomSamples(count: number): Samples {
  const random = new Random(1, "bench");
  const data = new Uint8Array(count * SHAPE.reduce((a, b) => a * b)).map(() =>
    random.integer(0, 255),
  );
  const labels = new Int32Array(count).map(() => random.integer(0, 9));
  return { dtype: "u8", count, shape: SHAPE, order: "chw", data, labels };
}

async function openStage({ name, threads }: Variant, samples: Samples): Promise<Stage> {
  const { network, parameters } = recognizeNetwork(
    resnet8.build({ input: SHAPE, classes: 10, width: 1, seed: 1 }),
  );
  const choice = { body: twn, first: int8, last: int8, depthwise: int8 };
  const request = {
    network,
    parameters,
    input: { dtype: "u8", mean: 128, scale: Math.fround(1 / 64) } as const,
    plan: name === "float" ? planFloat(network) : planQuantized(network, choice, "int8"),
    optimizer: sgd({ momentum: 0.9, nesterov: true, weightDecay: 5e-4 }),
    batch: BATCH,
    labelSmoothing: 0,
    engine: await openEngine(threads),
    samples,
    stage: 0,
    epochs: 1,
    schedule: { kind: "constant", rate: 0.01 } as const,
    augmentation: { shift: 4, flip: true, fill: 0 },
    seed: 1,
    checkpoint: () => undefined,
  };
  return Stage.open(request, new Map(parameters));
}

/** Milliseconds of each of `steps` steps, without the first few. */
async function timeSteps(variant: Variant, samples: Samples, steps: number): Promise<number[]> {
  const stage = await openStage(variant, samples);
  const order = stage.orderOf(0);
  const times: number[] = [];
  const start: Position = { stage: 0, ...START_OF_STAGE };
  try {
    for (let i = 0; i < steps + 5; i++) {
      const began = performance.now();
      await stage.step(start, order);
      if (i >= 5) times.push(performance.now() - began);
    }
  } finally {
    await stage.release();
  }
  return times;
}

const { positionals } = parseArgs({ allowPositionals: true });
const steps = Number(positionals[0] ?? 30);
const samples = randomSamples(4 * BATCH);
const times = new Map<Variant, number[]>(VARIANTS.map(variant => [variant, []]));
for (let round = 0; round < ROUNDS; round++) {
  for (const variant of VARIANTS) {
    times.get(variant)!.push(...(await timeSteps(variant, samples, steps)));
  }
}
for (const [{ name, threads }, all] of times) {
  const sorted = all.toSorted((a, b) => a - b);
  const rate = (ms: number): string => ((1000 * BATCH) / ms).toFixed(0).padStart(5);
  const median = sorted[sorted.length >> 1]!;
  console.log(
    `${name.padEnd(6)} ${threads} thread(s)  median ${rate(median)} images/s  best ${rate(sorted[0]!)}`,
  );
}
