/** @file Ranges of activations while a run trains: followed, held, learned. */

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeOnnx } from "../../model/onnx/index.ts";
import {
  parseConfig,
  type TrainingConfigInput,
  type TrainingResult,
  train,
} from "../../trainer/index.ts";
import { decodeCheckpoint } from "../../trainer/loop/checkpoint.ts";
import { tinyNetwork } from "./networks.ts";

const CLASSES = ["0", "1", "7"];
let folder = "";
let base: TrainingConfigInput;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tritc-ranges-"));
  const onnx = join(folder, "tiny.onnx");
  await writeFile(onnx, writeOnnx(tinyNetwork(3, [1, 28, 28], CLASSES.length)));
  const schedule = { kind: "constant", rate: 0.05 } as const;
  base = {
    data: { source: "characters", classes: CLASSES, limit: 200 },
    model: { onnx },
    batchSize: 20,
    calibrationBatches: 4,
    threads: 1,
    activations: "u4",
    stages: [
      { method: "float", epochs: 2, schedule },
      { method: "twn", epochs: 2, schedule },
    ],
  };
});

afterAll(() => rm(folder, { recursive: true, force: true }));

type Ranges = "extremes" | "percentile" | "learned" | { kind: "percentile"; share: number };

/** A run whose last stage has these ranges; stops before its first update if told. */
async function run(
  name: string,
  ranges: Ranges,
  stopEarly = false,
): Promise<{ result: TrainingResult; ranges: number[] }> {
  const out = join(folder, name);
  const controller = new AbortController();
  const [first, second] = base.stages as [(typeof base.stages)[0], (typeof base.stages)[0]];
  const config = parseConfig({ ...base, stages: [first, { ...second, ranges }] });
  const result = await train(config, {
    out,
    signal: controller.signal,
    onProgress: event => {
      if (stopEarly && event.kind === "step" && event.stage === 1) controller.abort();
    },
  });
  const { tensors } = decodeCheckpoint(await readFile(join(out, "checkpoint.bin")))!;
  const names = ["conv1.range.max", "conv2.range.max"];
  return { result, ranges: names.map(key => tensors.get(key)!.data[0]!) };
}

describe("4-bit activations", () => {
  test("with percentiles: held from before the first update to the end", {
    timeout: 60_000,
  }, async () => {
    const early = await run("early", "percentile", true);
    const whole = await run("percentile", "percentile");
    expect(whole.ranges).toEqual(early.ranges);
    expect(Math.min(...whole.ranges)).toBeGreaterThan(0);
    expect(whole.result.results.quantized!.top1).toBeGreaterThan(0.6);
    const narrow = await run("narrow", { kind: "percentile", share: 0.9 }, true);
    narrow.ranges.forEach((max, i) => {
      expect(max).toBeLessThan(whole.ranges[i]!);
    });
  });

  test("with learned ranges: they move, and the run learns", { timeout: 60_000 }, async () => {
    const start = await run("percentile-start", "percentile", true);
    const whole = await run("learned", "learned");
    whole.ranges.forEach((max, i) => {
      expect(max).not.toBe(start.ranges[i]);
      expect(max).toBeGreaterThan(0);
    });
    expect(whole.result.results.quantized!.top1).toBeGreaterThan(0.6);
  });

  test("interrupted and resumed, learned ranges end in the same bits", {
    timeout: 60_000,
  }, async () => {
    await run("stopped", "learned", true);
    const [first, second] = base.stages as [(typeof base.stages)[0], (typeof base.stages)[0]];
    const config = parseConfig({ ...base, stages: [first, { ...second, ranges: "learned" }] });
    await train(config, { out: join(folder, "stopped"), resume: true });
    const [a, b] = await Promise.all(
      ["stopped", "learned"].map(name => readFile(join(folder, name, "model.onnx"))),
    );
    expect(a!.equals(b!)).toBe(true);
  });
});
