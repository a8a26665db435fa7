/** @file The plain step is complete: standard operators, which any ONNX Runtime trains with. */

import * as ort from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { Random } from "../../core/random.ts";
import { type Tensor, tensorOf } from "../../core/tensor.ts";
import { UsageError } from "../../model/diagnostics/diagnostic.ts";
import { listOperators, writeOnnx } from "../../model/onnx/index.ts";
import { evaluate } from "../../model/ops/index.ts";
import { openEngine } from "../../trainer/engine/onnxruntime.ts";
import { openTrainingStep } from "../../trainer/loop/open-step.ts";
import { completeState } from "../../trainer/loop/state.ts";
import { recognizeNetwork } from "../../trainer/network/recognize.ts";
import { sgd } from "../../trainer/optimizers/sgd.ts";
import { planFloat } from "../../trainer/step/plan.ts";
import { LABELS, LOSS, NEXT, trainingGraph } from "../../trainer/step/training-graph.ts";
import { tinyNetwork } from "./networks.ts";

const BATCH = 4;
const STEPS = 12;
const { network, parameters } = recognizeNetwork(tinyNetwork(2));
const request = {
  network,
  parameters,
  input: { dtype: "u8", mean: 120, scale: 0.02 },
  plan: planFloat(network),
  optimizer: sgd({ momentum: 0.9, nesterov: true, weightDecay: 0 }),
  batch: BATCH,
  labelSmoothing: 0,
} as const;

/** State as built, samples of two kinds, and rates. */
function firstFeeds(): Record<string, Tensor> {
  const random = new Random(1, "portable");
  const tensors = new Map(parameters);
  completeState(trainingGraph(request), tensors, new Set([network.input.name]));
  const pixels = new Uint8Array(BATCH * 64).map(
    (_, i) => (i < 128 ? 0 : 160) + random.integer(0, 90),
  );
  return {
    ...Object.fromEntries(tensors),
    [network.input.name]: { dtype: "u8", shape: [BATCH, 1, 8, 8], data: pixels },
    [LABELS]: tensorOf("f32", [BATCH, 1], [0, 0, 1, 1]),
    "learning-rate": tensorOf("f32", [], [0.1]),
    "weight-rate": tensorOf("f32", [], [0.1]),
    "statistics-rate": tensorOf("f32", [], [0.1]),
  };
}

describe("the step as plain ONNX", () => {
  const graph = trainingGraph(request);
  const model = writeOnnx(graph);

  test("has operators of ONNX alone", () => {
    expect(new TextDecoder("latin1").decode(model)).not.toContain("com.microsoft");
    expect(listOperators(model).length).toBeGreaterThan(10);
  });

  test("trains in a session that knows nothing of the trainer", async () => {
    const session = await ort.InferenceSession.create(model, { executionProviders: ["cpu"] });
    const types = { f32: "float32", u8: "uint8" } as const;
    const feeds: Record<string, ort.Tensor> = Object.fromEntries(
      Object.entries(firstFeeds()).map(([name, { dtype, shape, data }]) => {
        const type = types[dtype as keyof typeof types];
        return [name, new ort.Tensor(type, data as Float32Array, shape)];
      }),
    );
    const wanted = evaluate(graph, firstFeeds());
    const losses: number[] = [];
    for (let step = 0; step < STEPS; step++) {
      const results = await session.run(feeds);
      if (step === 0)
        expect(Number(results[LOSS]!.data[0])).toBeCloseTo(Number(wanted[LOSS]!.data[0]), 5);
      losses.push(Number(results[LOSS]!.data[0]));
      for (const [name, value] of Object.entries(results)) {
        if (name.startsWith(NEXT)) feeds[name.slice(NEXT.length)] = value;
      }
    }
    await session.release();
    expect(losses.at(-1)!).toBeLessThan(losses[0]! / 4);
  });

  test("is what an engine with another provider gets", async () => {
    const engine = await openEngine(1);
    let opened: Uint8Array | undefined;
    const other = {
      ...engine,
      provider: "other",
      blockSize: async () => undefined,
      open: (bytes: Uint8Array) => {
        opened = bytes;
        return engine.open(bytes);
      },
    };
    const { session } = await openTrainingStep({ ...request, engine: other });
    await session.release();
    expect(opened).toEqual(model);
  });
});

test("train/no-engine: a provider that does not start", async () => {
  const error: unknown = await openEngine(1, ["onnxruntime-node"], "abacus").catch(e => e);
  expect(error).toBeInstanceOf(UsageError);
  const [found] = (error as UsageError).diagnostics;
  expect(found!.code).toBe("train/no-engine");
  expect(found!.message).toContain('"abacus"');
  expect(found!.notes!.join()).toMatch(/known to this package: cpu, /);
});
