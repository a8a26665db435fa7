/** @file What a run's report is made of, and that the page stands alone. */

import { describe, expect, test } from "vitest";
import { parseConfig } from "../../trainer/index.ts";
import { confusionOf, evaluationOf } from "../../trainer/loop/evaluate.ts";
import type { Samples } from "../../trainer/loop/samples.ts";
import type { LayerRecord } from "../../trainer/loop/state.ts";
import { BIN_COUNT, binCentre, histogramOf } from "../../trainer/report/histogram.ts";
import { renderReport } from "../../trainer/report/index.ts";
import { openPlot } from "../../trainer/report/plot.ts";
import type { TrainingLog } from "../../trainer/report/training-log.ts";

const LABELS = ["cat", "<dog>"];
const stage = { method: "twn", epochs: 2, schedule: { kind: "constant", rate: 0.1 } } as const;

function layer(name: string, sparsity: number): LayerRecord {
  return { name, count: 10, weights: "ternary", sparsity, cosine: 0.9, flips: 0.1 };
}

const counts = histogramOf([1, -1, 0, 2], [2, 2]);
const log: TrainingLog = {
  config: parseConfig({
    name: 'a "name" & more',
    data: { source: "characters", validation: 10 },
    model: { kind: "lenet5" },
    stages: [{ ...stage, method: "float" }, stage],
  }),
  input: { dtype: "u8", mean: 0, scale: 1 },
  labels: LABELS,
  parameters: 1234,
  history: [0, 1, 2, 3].map(i => ({
    stage: i < 2 ? 0 : 1,
    method: i < 2 ? "float" : "twn",
    epoch: i % 2,
    loss: 1 / (i + 1),
    trainTop1: 0.2 * i,
    validationTop1: 0.1 * i,
    learningRate: 0.1,
    layers: [layer("conv", 0.1 * i), layer("fc", 0.2)],
  })),
  results: { float: { samples: 2, top1: 0.98765 }, quantized: { samples: 2, top1: 0.5 } },
  weightsBefore: [{ name: "conv", counts }],
  weightsAfter: [{ name: "conv", counts }],
  confusion: [
    [7, 1],
    [3, 11],
  ],
};

describe("a histogram of weights", () => {
  test("measures each filter in its own root mean square, with zero in the middle bin", () => {
    const middle = (BIN_COUNT - 1) / 2;
    expect(binCentre(middle)).toBeCloseTo(0, 12);
    const found = histogramOf([3, -3, 0, 0, 0.5, 0.5, -0.5, 0.5], [2, 4]);
    expect(found.reduce((sum, count) => sum + count, 0)).toBe(8);
    expect(found[middle]).toBe(2);
    const at = (value: number): number =>
      found.findIndex((_, i) => Math.abs(binCentre(i) - value) <= 4 / BIN_COUNT);
    expect(found[at(Math.SQRT2)]).toBe(1);
    expect(found[at(1)]).toBe(3);
    expect(found[at(-1)]).toBe(1);
  });

  test("keeps outliers in the outermost bins, and filters of zeros in the middle", () => {
    const weight = [100, ...new Array<number>(99).fill(0.001)];
    expect(histogramOf(weight, [1, 100])[BIN_COUNT - 1]).toBe(1);
    expect(histogramOf([0, 0], [1, 2])[(BIN_COUNT - 1) / 2]).toBe(2);
  });
});

test("the confusion matrix counts classes by rows, guesses by columns", () => {
  const samples = { count: 4, labels: Int32Array.of(0, 1, 1, 2) } as Samples;
  const found = Int32Array.of(0, 2, 1, 2);
  expect(confusionOf(found, samples, 3)).toEqual([
    [1, 0, 0],
    [0, 1, 1],
    [0, 0, 1],
  ]);
  expect(evaluationOf(found, samples)).toEqual({ samples: 4, top1: 0.75 });
});

describe("the page", () => {
  test("shows every chart and figure, loads nothing and runs nothing", async () => {
    const html = (await renderReport(log))!;
    for (const title of ["Loss", "Zeros in percent", "weights of conv", "confusion matrix"]) {
      expect(html).toContain(`aria-label="${title}"`);
    }
    expect(html).toContain("<dd>98.77 %</dd>");
    expect(html).toContain("<dd>50.00 %</dd>");
    expect(html).toContain("&lt;dog&gt; taken for cat: 3");
    expect(html).toContain("prefers-color-scheme: dark");
    expect(html).toContain("<title>a &#34;name&#34; &#38; more · tritc</title>");
    expect(html).not.toMatch(/<script|<link|<img|src=|url\(|https?:|<dog>/);
  });

  test("is the same for the same log", async () => {
    expect(await renderReport(log)).toBe(await renderReport(log));
  });

  test("is left out where the packages that draw are not installed", async () => {
    const missing = (name: string): Promise<never> =>
      Promise.reject(Object.assign(new Error(name), { code: "ERR_MODULE_NOT_FOUND" }));
    expect(await renderReport(log, () => openPlot(missing))).toBeUndefined();
    const broken = () => openPlot(() => Promise.reject(new Error("broken")));
    await expect(renderReport(log, broken)).rejects.toThrow("broken");
  });
});
