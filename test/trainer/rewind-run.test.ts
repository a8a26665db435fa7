/** @file Runs that go back to earlier weights, and runs that learn two scales. */

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Tensor } from "../../core/tensor.ts";
import { sparsityOf } from "../../core/ternary.ts";
import { writeOnnx } from "../../model/onnx/index.ts";
import { parseConfig, type TrainingConfigInput, train } from "../../trainer/index.ts";
import { decodeCheckpoint } from "../../trainer/loop/checkpoint.ts";
import { dot, filters, lengthOf } from "./method-runs.ts";
import { tinyNetwork } from "./networks.ts";

const CLASSES = ["0", "1", "7"];
const schedule = { kind: "constant", rate: 0.05 } as const;
let folder = "";
let base: Omit<TrainingConfigInput, "stages">;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tritc-rewind-"));
  const onnx = join(folder, "tiny.onnx");
  await writeFile(onnx, writeOnnx(tinyNetwork(3, [1, 28, 28], CLASSES.length)));
  base = {
    data: { source: "characters", classes: CLASSES, limit: 100 },
    model: { onnx },
    batchSize: 20,
    calibrationBatches: 2,
    threads: 1,
  };
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function tensorsIn(name: string): Promise<ReadonlyMap<string, Tensor<"f32">>> {
  return decodeCheckpoint(await readFile(join(folder, name, "checkpoint.bin")))!.tensors;
}

test("after pruning, weights go back to an earlier epoch and zeros stay", {
  timeout: 60_000,
}, async () => {
  const controller = new AbortController();
  const prune = { kind: "prune", zeros: 0.5, scope: "filter", end: 0.5 } as const;
  const stages: TrainingConfigInput["stages"] = [
    { method: "float", epochs: 2, schedule },
    { method: prune, epochs: 1, schedule },
    {
      method: { kind: "ternary", threshold: { kind: "sparsity", zeros: 0.5 } },
      reinitialize: { kind: "rewind", stage: 0, epoch: 1 },
      epochs: 1,
      schedule,
    },
  ];
  await train(parseConfig({ ...base, stages }), {
    out: join(folder, "rewind"),
    signal: controller.signal,
    onProgress: event => {
      if (event.kind === "stage" && event.stage === 2) controller.abort();
    },
  });
  const tensors = await tensorsIn("rewind");
  const { data, shape } = tensors.get("conv2.weight")!;
  expect(sparsityOf(data)).toBe(0.5);
  const earlier = tensors.get("snapshot/0/1/conv2.weight")!.data;
  filters(data, shape).forEach((filter, c) => {
    const kept = filters(earlier, shape)[c]!.map((w, i) => (filter[i] === 0 ? 0 : w));
    expect(dot(filter, kept) / (lengthOf(filter) * lengthOf(kept))).toBeCloseTo(1, 5);
  });
});

test("two learned scales start as means and move, each its own way", {
  timeout: 60_000,
}, async () => {
  const ttq = { kind: "ttq", threshold: { kind: "maximum", factor: 0.2, scope: "layer" } } as const;
  const stages: TrainingConfigInput["stages"] = [{ method: ttq, epochs: 1, schedule }];
  const scalesAfter = async (steps: number): Promise<number[]> => {
    const controller = new AbortController();
    const name = `ttq-${steps}`;
    await train(parseConfig({ ...base, stages }), {
      out: join(folder, name),
      signal: controller.signal,
      onProgress: event => {
        if (event.kind === (steps === 0 ? "stage" : "step")) controller.abort();
      },
    });
    const tensors = await tensorsIn(name);
    return ["positive", "negative"].map(
      key => tensors.get(`learned/conv2.weight/${key}`)!.data[0]!,
    );
  };
  const [before, after] = [await scalesAfter(0), await scalesAfter(1)];
  for (const scale of [...before, ...after]) expect(scale).toBeGreaterThan(0);
  const moves = after.map((scale, i) => scale - before[i]!);
  expect(moves[0]).not.toBe(0);
  expect(moves[1]).not.toBe(0);
  expect(moves[0]).not.toBe(moves[1]);
});
