/** @file Whole runs with layers and heads that compare directions. */

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readOnnx, writeOnnx } from "../../model/onnx/index.ts";
import { parseConfig, type TrainingConfigInput, train } from "../../trainer/index.ts";
import { tinyNetwork } from "./networks.ts";

const CLASSES = ["0", "1", "7"];
const schedule = { kind: "constant", rate: 0.05 } as const;
let folder = "";
let base: Omit<TrainingConfigInput, "stages">;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tritc-cosine-"));
  const onnx = join(folder, "tiny.onnx");
  await writeFile(onnx, writeOnnx(tinyNetwork(3, [1, 28, 28], CLASSES.length)));
  base = {
    data: { source: "characters", classes: CLASSES, limit: 200 },
    model: { onnx },
    batchSize: 20,
    calibrationBatches: 4,
    threads: 1,
  };
});

afterAll(() => rm(folder, { recursive: true, force: true }));

test("a cosine head learns, and is a plain layer in both files", { timeout: 60_000 }, async () => {
  const config = parseConfig({
    ...base,
    head: { kind: "cosine", margin: 0.1 },
    stages: [
      { method: "float", epochs: 2, schedule },
      { method: "twn", epochs: 2, schedule },
    ],
  });
  const { results, files } = await train(config, { out: join(folder, "head") });
  expect(results.float!.top1).toBeGreaterThan(0.6);
  expect(results.quantized!.top1).toBeGreaterThan(0.6);
  for (const file of [files.model!, files.float!]) {
    const kinds = readOnnx(await readFile(file)).nodes.map(node => node.kind);
    expect(kinds.filter(kind => kind === "gemm")).toHaveLength(1);
    expect(kinds.some(kind => kind === "sqrt" || kind === "div")).toBe(false);
  }
});

test("full cosine layers learn, stay float, and cannot be quantised afterwards", {
  timeout: 60_000,
}, async () => {
  const method = { kind: "float", sphere: "project", cosine: true } as const;
  const stage = { method, epochs: 2, schedule } as const;
  const config = parseConfig({ ...base, stages: [stage] });
  const { results, files } = await train(config, { out: join(folder, "layers") });
  expect(results.float!.top1).toBeGreaterThan(0.6);
  expect(readOnnx(await readFile(files.float!)).nodes.some(node => node.kind === "sqrt")).toBe(
    true,
  );
  const stages = [stage, { method: "twn" as const, epochs: 1, schedule }];
  expect(() => parseConfig({ ...base, stages })).toThrow(/norm of what each filter sees/);
});
