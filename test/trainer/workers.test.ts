import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { Random } from "../../core/random.ts";
import type { Tensor } from "../../core/tensor.ts";
import { UsageError } from "../../model/diagnostics/diagnostic.ts";
import { writeOnnx } from "../../model/onnx/index.ts";
import { evaluate } from "../../model/ops/index.ts";
import { openEngine } from "../../trainer/engine/onnxruntime.ts";
import { parseConfig, type TrainingConfigInput, train } from "../../trainer/index.ts";
import { openTrainingStep } from "../../trainer/loop/open-step.ts";
import { partition } from "../../trainer/loop/partition.ts";
import { completeState } from "../../trainer/loop/state.ts";
import { recognizeNetwork } from "../../trainer/network/recognize.ts";
import { sgd } from "../../trainer/optimizers/sgd.ts";
import { planFloat } from "../../trainer/step/plan.ts";
import {
  CORRECT,
  GRADIENT,
  LABELS,
  LEARNING_RATE,
  LOSS,
  NEXT,
  STATISTICS_RATE,
  trainingGraph,
  WEIGHT_RATE,
} from "../../trainer/step/training-graph.ts";
import { scalarTensor, tinyNetwork } from "./networks.ts";

const BATCH = 6;
const engine = await openEngine(1);
const { network, parameters } = recognizeNetwork(tinyNetwork(2));
const request = {
  network,
  parameters,
  input: { dtype: "u8", mean: 120, scale: 0.02 },
  plan: planFloat(network),
  optimizer: sgd({ momentum: 0, nesterov: false, weightDecay: 0 }),
  batch: BATCH,
  labelSmoothing: 0,
  engine,
} as const;

function batchFeeds(): Record<string, Tensor> {
  const random = new Random(3, "workers");
  const pixels = new Uint8Array(BATCH * 64).map(() => random.integer(0, 255));
  const labels = new Float32Array(BATCH).map(() => random.integer(0, 2));
  const tensors = new Map(parameters);
  completeState(trainingGraph(request), tensors, new Set([network.input.name]));
  return {
    ...Object.fromEntries(tensors),
    [network.input.name]: { dtype: "u8", shape: [BATCH, 1, 8, 8], data: pixels },
    [LABELS]: { dtype: "f32", shape: [BATCH, 1], data: labels },
    [LEARNING_RATE]: scalarTensor(1),
    [WEIGHT_RATE]: scalarTensor(1),
    [STATISTICS_RATE]: scalarTensor(0.1),
  };
}

/** The samples of part `index` of `count`. */
function part(feeds: Record<string, Tensor>, index: number, count: number): Record<string, Tensor> {
  const cut = (name: string): Tensor => {
    const { dtype, shape, data } = feeds[name]!;
    const length = data.length / count;
    const own = data.slice(index * length, (index + 1) * length);
    return { dtype, shape: [shape[0]! / count, ...shape.slice(1)], data: own } as Tensor;
  };
  return { ...feeds, [network.input.name]: cut(network.input.name), [LABELS]: cut(LABELS) };
}

describe("a step with workers", () => {
  test("is the mean of what plain descent would do on each part", async () => {
    const feeds = batchFeeds();
    const workers = 3;
    const { session } = await openTrainingStep({ ...request, workers });
    const actual = await session.run(feeds);
    const again = await session.run(feeds);
    await session.release();
    expect(again).toEqual(actual);
    const small = trainingGraph({ ...request, batch: BATCH / workers });
    const each = Array.from({ length: workers }, (_, i) =>
      evaluate(small, part(feeds, i, workers)),
    );
    expect(Object.keys(each[0]!).every(name => name in actual)).toBe(true);
    for (const name of Object.keys(each[0]!)) {
      const share = name === CORRECT ? 1 : 1 / workers;
      for (const [i, x] of Array.from(actual[name]!.data, Number).entries()) {
        const expected = each.reduce((sum, one) => sum + Number(one[name]!.data[i]) * share, 0);
        expect(x, `${name}[${i}]`).toBeCloseTo(expected, 4);
      }
    }
  });

  test("a model that does not load is an error, not a wait", async () => {
    await expect(engine.openBeside(new Uint8Array([1, 2, 3]))).rejects.toThrow();
  });

  test("a run that fails in a thread is an error", async () => {
    const { session } = await openTrainingStep({ ...request, workers: 2 });
    const feeds = { ...batchFeeds(), [LABELS]: scalarTensor(0) };
    await expect(session.run(feeds)).rejects.toThrow();
    await session.release();
  });
});

test("the step is cut where gradients are known", () => {
  const graph = trainingGraph({ ...request, gradients: true });
  const samples = new Set([network.input.name, LABELS]);
  const { shard, update } = partition(graph, name => name.startsWith(GRADIENT), samples);
  const outputs = (of: typeof graph): string[] => of.outputs.map(({ name }) => name);
  const inputs = update.inputs.flatMap(id => {
    const node = update.nodes[id]!;
    return node.kind === "input" ? [node.attrs.name] : [];
  });
  expect(outputs(shard)).toContain(LOSS);
  expect(outputs(shard)).toContain(`${NEXT}conv1.norm.mean`);
  expect(outputs(shard)).toContain(`${GRADIENT}conv1.weight`);
  expect(outputs(update)).toContain(`${NEXT}conv1.weight`);
  expect([...samples].some(name => inputs.includes(name))).toBe(false);
  expect(inputs).toContain(`${GRADIENT}conv1.weight`);
  const all = [...outputs(shard), ...outputs(update)];
  expect(all.toSorted()).toEqual(outputs(graph).toSorted());
});

describe("a run with workers", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tritc-workers-"));
  const onnx = join(folder, "tiny.onnx");
  await writeFile(onnx, writeOnnx(tinyNetwork(3, [1, 28, 28], 3)));
  const config: TrainingConfigInput = {
    data: { source: "characters", classes: ["0", "1", "7"], limit: 100 },
    model: { onnx },
    batchSize: 20,
    calibrationBatches: 2,
    threads: 1,
    workers: 2,
    stages: [{ method: "twn", epochs: 1, schedule: { kind: "constant", rate: 0.02 } }],
  };
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const bits = (name: string): Promise<string[]> =>
    Promise.all(
      ["model.onnx", "checkpoint.bin"].map(file => readFile(join(folder, name, file), "base64")),
    );

  test("stopped and resumed ends in the bits of one never stopped", async () => {
    await train(parseConfig(config), { out: join(folder, "whole") });
    const out = join(folder, "stopped");
    const controller = new AbortController();
    const result = await train(parseConfig(config), {
      out,
      signal: controller.signal,
      onProgress: event => {
        if (event.kind === "step" && event.step === 2) controller.abort();
      },
    });
    expect(result.status).toBe("interrupted");
    await train(parseConfig(config), { out, resume: true });
    expect(await bits("stopped")).toEqual(await bits("whole"));
  }, 60_000);

  test("train/bad-config: workers that cannot share a batch", () => {
    const parse = () => parseConfig({ ...config, workers: 3 });
    expect(parse).toThrow(UsageError);
    expect(parse).toThrow(/3 workers cannot share batches of 20/);
  });
});
