/** @file docs/results.md and how it comes about: statistics, sizes, tables, charts. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { tensorOf } from "../core/tensor.ts";
import { writeOnnx } from "../model/onnx/index.ts";
import { graphBuilder } from "../model/ops/index.ts";
import { differences } from "../scripts/results/check.ts";
import { documentText, type Published } from "../scripts/results/document.ts";
import { indexText, MODELS, type ModelEntry, readIndex } from "../scripts/results/entry.ts";
import { entropyBits, weightSizes } from "../scripts/results/measure.ts";
import { render } from "../scripts/results/render.ts";
import { methodText, publishedConfig } from "../scripts/results/run-folder.ts";
import { type Arm, estimateOf, verdictOn } from "../scripts/results/statistics.ts";
import type { AblationArm } from "../scripts/results/studies.ts";
import { parseConfig } from "../trainer/index.ts";
import type { TrainingLog } from "../trainer/report/training-log.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

const entry: ModelEntry = {
  file: "net-50.onnx",
  group: "resnet8",
  title: "ResNet-8, half zeros",
  data: "cifar10",
  top1: 0.8512,
  samples: 10_000,
  zeros: 0.5,
  method: "twn",
  activations: "u7",
  weights: 77_360,
  epochs: 10,
  floatEpochs: 20,
  floatTop1: 0.861,
  seeds: [
    { seed: 1, top1: 0.85 },
    { seed: 2, top1: 0.86 },
    { seed: 3, top1: 0.87 },
  ],
  commands: ["tritc train models/net-50.train.json --out runs/net-50"],
  bytes: { packed: 20_000, shipped: 15_000, module: 40_000 },
};

const arms = (arm: string, tops: readonly number[], zeros = 0.5): AblationArm[] =>
  tops.map((top1, i) => ({
    ...{ study: "s", arm, seed: i + 1, epochs: 4, top1, zeros, cosine: 0.9, digest: "" },
  }));

function published(rows: readonly AblationArm[]): Published {
  const study = {
    title: "spheres",
    baseline: "twn",
    command: "run it",
    floatTop1: 0.85,
    samples: 5000,
  };
  return {
    models: [entry],
    pruned: [],
    ablation: { studies: { s: study }, arms: [...rows] },
    references: [],
  };
}

describe("what is published", () => {
  test("is what the documents say", async () => {
    for (const { path, text } of await render()) {
      expect(readFileSync(join(ROOT, path), "utf8"), `${path}: node scripts/results.ts`).toBe(text);
    }
  });

  test("has its files, none of them large", () => {
    for (const { file } of readIndex()) {
      const name = file.replace(/\.onnx$/, "");
      expect(readFileSync(join(MODELS, file)).length).toBeLessThanOrEqual(300_000);
      expect(existsSync(join(MODELS, `${name}.md`))).toBe(true);
      expect(existsSync(join(MODELS, `${name}.train.json`))).toBe(true);
    }
  });
});

describe("the rule", () => {
  const arm = (tops: readonly number[], zeros = 0.5): Arm => ({ top1: estimateOf(tops), zeros });
  const baseline = arm([0.8, 0.81, 0.82]);

  test("takes the mean and its standard error", () => {
    const { mean, error, count } = estimateOf([1, 2, 4]);
    expect(mean).toBeCloseTo(7 / 3, 12);
    expect(error).toBeCloseTo(Math.sqrt(((4 / 3) ** 2 + (1 / 3) ** 2 + (5 / 3) ** 2) / 2 / 3), 12);
    expect(count).toBe(3);
    expect(estimateOf([0.5])).toEqual({ mean: 0.5, count: 1 });
  });

  test.each([
    ["better", arm([0.83, 0.84, 0.85])],
    ["undecided", arm([0.815, 0.82, 0.825])],
    ["worse", arm([0.76, 0.77, 0.78])],
    ["too few seeds", arm([0.9, 0.91])],
    ["other zeros", arm([0.83, 0.84, 0.85], 0.45)],
  ])("says %s", (verdict, found) => {
    expect(verdictOn(found, baseline)).toBe(verdict);
  });
});

describe("the document", () => {
  test("has a row with every figure of a model", () => {
    const text = documentText(published([]), []);
    expect(text).toContain(
      "| [ResNet-8, half zeros](../models/net-50.md) | twn | u7 | 20 + 10 | 86.10 % | **85.12 %** | " +
        "86.00 ± 0.58 % (3) | 50.00 % | 20.0 kB | 15.0 kB | 40.0 kB |",
    );
    expect(text).toContain("tritc train models/net-50.train.json --out runs/net-50");
  });

  test("applies the rule to an ablation and says what won, or that nothing did", () => {
    const base = arms("twn", [0.8, 0.81, 0.82]);
    const better = [...arms("sphere", [0.85, 0.86, 0.87]), ...base];
    const go = documentText(published(better), []);
    expect(go).toContain("| sphere | 4 | 86.00 ± 0.58 % (3) | 50.00 % | 0.900 | +5.00 | better |");
    expect(go).toContain("| twn (baseline) | 4 | 81.00 ± 0.58 % (3) |");
    expect(go).toContain("**Go**: `sphere` beats `twn`");
    expect(documentText(published(base), [])).toContain("**No-go**");
    expect(documentText(published(arms("sphere", [0.9])), [])).toContain("has not been run");
  });

  test("lists pruned networks with what they lose, and how they are made", () => {
    const row = {
      title: "ResNet-8, tail energy",
      command: "tritc prune runs/r8/float.onnx --sparsity 0.5 --recover mean",
      training: "tritc train models/r8.train.json --out runs/r8",
      ...{ epochs: 24, seed: 1, floatTop1: 0.86, zeros: 0.5, recovery: "mean" },
      ...{ top1: 0.8555, samples: 10_000 },
    };
    const text = documentText({ ...published([]), pruned: [row] }, []);
    expect(text).toContain(
      "| ResNet-8, tail energy | 50.00 % | mean | 24 | 1 | 86.00 % | **85.55 %** | −0.45 |",
    );
    expect(text).toContain(`${row.training}\n${row.command}\n`);
  });

  test("comes with charts for a model, legible on light and dark pages", async () => {
    const files = await render({ ...published([]), models: [{ ...entry, latencyUs: 80 }] });
    expect(files.map(({ path }) => path)).toEqual([
      "docs/results.md",
      "docs/images/accuracy-size.svg",
      "docs/images/accuracy-latency.svg",
    ]);
    expect(files[1]!.text).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
    expect(files[1]!.text).toContain("ResNet-8, half zeros");
    expect(files[1]!.text).toContain("prefers-color-scheme: dark");
  });
});

describe("a published model", () => {
  test("is measured by its own weights", () => {
    const b = graphBuilder();
    const scales = { scales: [1, 1], zeroPoints: [0, 0], axis: 0 };
    const real = (dtype: "i2" | "i8", shape: number[], values: number[]) =>
      b.add(
        "dequantize",
        [b.constant(tensorOf(dtype, shape, values), { quantization: scales })],
        {},
      );
    const trits = real("i2", [2, 4], [0, 0, 1, -1, 0, 0, 1, -1]);
    const bytes = real("i8", [2, 2], [5, -5, 7, 100]);
    const x = b.input("x", "f32", [1, 4]);
    const attrs = { transposeA: false, transposeB: true, alpha: 1, beta: 1 };
    const y = b.add("gemm", [b.add("gemm", [x, trits], attrs), bytes], attrs);
    const onnx = writeOnnx(b.finish("net", [{ name: "y", id: y }]));
    expect(weightSizes(onnx)).toEqual({ zeros: 0.5, weights: 12, packed: 2 + 4, shipped: 2 + 4 });
    expect(entropyBits([2, 4, 2])).toBe(12);
    expect(entropyBits([0, 7, 0])).toBe(0);
  });

  test("is compared figure by figure", () => {
    const { top1, samples, zeros, weights, bytes } = entry;
    const same = { top1, samples, zeros, weights, bytes };
    expect(differences(entry, same)).toEqual([]);
    const other = { ...same, top1: 0.8, bytes: { ...bytes, module: 1 } };
    expect(differences(entry, other)).toEqual([
      "top1: published 0.8512, now 0.8",
      "bytes.module: published 40000, now 1",
    ]);
  });

  test("keeps its configuration without places of the machine", () => {
    const schedule = { kind: "constant", rate: 0.1 } as const;
    const method = {
      kind: "ternary",
      threshold: { kind: "sparsity", zeros: 0.7 },
      sphere: "project",
    };
    const config = parseConfig({
      data: { source: "cifar10:/home/me/data" },
      model: { onnx: "/home/me/float.onnx" },
      stages: [{ method, epochs: 1, schedule }],
    } as never);
    const run = { path: "", model: "", log: { config } as TrainingLog };
    const text = JSON.stringify(publishedConfig(run, () => "../runs/float.onnx"));
    expect(text).not.toContain("/home");
    expect(text).toContain('"onnx":"../runs/float.onnx"');
    expect(text).toContain('"source":"cifar10"');
    expect(methodText(config)).toBe(
      "ternary, threshold sparsity zeros 0.7 scope filter, sphere project",
    );
  });

  test("stands in the index by its group and its name", () => {
    const names = (list: readonly ModelEntry[]): string[] =>
      (JSON.parse(indexText(list)) as ModelEntry[]).map(({ file }) => file);
    const mnist = { ...entry, group: "mnist", file: "z.onnx" } as const;
    expect(names([entry, { ...entry, file: "a.onnx" }, mnist])).toEqual([
      "z.onnx",
      "a.onnx",
      "net-50.onnx",
    ]);
  });
});
