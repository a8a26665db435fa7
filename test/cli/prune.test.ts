/** @file `tritc prune` on a small model: what it writes, prints and refuses. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readOnnx } from "../../model/onnx/index.ts";
import { prunableLayers } from "../../trainer/prune/layers.ts";
import { scratchFolder } from "../data/scratch.ts";
import { runTritc } from "../errors/terminal.ts";
import { smallClassifier } from "./models.ts";

const scratch = scratchFolder();
const model = scratch.write("model.onnx", smallClassifier());
const out = join(scratch.path, "pruned.onnx");
const BOTH = ["--also", "first,last"];

async function json(...args: readonly string[]) {
  const { code, out: text, err } = await runTritc("prune", ...args, "--json");
  expect(err).toBe("");
  expect(code).toBe(0);
  return JSON.parse(text);
}

/** The values of the filters that `out` holds, by layer. */
function written(): readonly (readonly [Float32Array, number])[] {
  const layers = prunableLayers(readOnnx(readFileSync(out)));
  return layers.map(({ filters: { values, depth } }) => [values, depth]);
}

describe("prune", () => {
  test("writes zeros and reports them by layer", async () => {
    const flags = ["--sparsity", "0.5", ...BOTH, "--recover", "zero", "--out", out];
    const { files, sparsity, scope, layers } = await json(model, ...flags);
    expect([files, sparsity, scope]).toEqual([[out], 0.5, "layer"]);
    expect(layers).toEqual([
      {
        name: "kernel",
        role: "first",
        weightCount: 36,
        zerosBefore: expect.any(Number),
        pruned: 0.5,
      },
      {
        name: "weights",
        role: "last",
        weightCount: 28224,
        zerosBefore: expect.any(Number),
        pruned: 0.5,
      },
    ]);
    for (const [values] of written()) {
      expect(values.filter(w => w === 0).length).toBe(values.length / 2);
    }
  });

  test("leaves out the columns that it knows nothing for", async () => {
    const flags = [model, "--sparsity", "0.5", ...BOTH, "--out", out];
    const heads = async (...more: readonly string[]) => {
      const { out: text } = await runTritc("prune", ...flags, ...more);
      return text
        .split("\n")
        .find(line => line.startsWith("layer"))!
        .split(/ {2,}/);
    };
    const always = ["layer", "weights", "zeros before", "pruned"];
    expect(await heads("--recover", "zero")).toEqual(always);
    expect(await heads()).toEqual([...always, "means"]);
    const measured = await heads("--data", "characters", "--samples", "8");
    expect(measured).toEqual([...always, "means", "error"]);
  });

  test("writes one mean per filter, which the compiler finds again", async () => {
    const flags = ["--sparsity", "0.5", ...BOTH, "--out", out];
    const { layers } = await json(model, ...flags);
    expect(layers[1].means[0]).toBeLessThan(layers[1].means[1]);
    const [, [values, depth]] = written() as [unknown, readonly [Float32Array, number]];
    const counts = new Map<number, number>();
    for (const w of values.subarray(0, depth)) counts.set(w, (counts.get(w) ?? 0) + 1);
    expect(Math.max(...counts.values())).toBeGreaterThan(depth / 3);

    const quantize = ["--weights", "int8", "--stop-after", "quantize-weights"];
    const { out: graph } = await runTritc("compile", out, ...quantize);
    expect(graph.match(/i8\[36,784\]\{axis=0, means=\[/)).not.toBeNull();
    expect(graph).toMatch(/means=.* zeros=0\.5/);
  });

  test("measures errors, and the accuracy of every recovery", async () => {
    const flags = ["--sparsity", "0.7", ...BOTH, "--recover", "mean,bias", "--reestimate"];
    const data = ["--data", "characters", "--samples", "5", "--out", out];
    const { layers, accuracies } = await json(model, ...flags, ...data);
    for (const { error } of layers) expect(error).toBeGreaterThan(0);
    expect(accuracies.map(({ recovery }: { recovery: string }) => recovery)).toEqual([
      "dense",
      "zero",
      "mean",
      "zero, bias",
      "mean, bias",
      "zero, reestimate",
      "mean, reestimate",
      "zero, bias, reestimate",
      "mean, bias, reestimate",
    ]);
    expect(accuracies.filter(({ written: is }: { written?: true }) => is)).toHaveLength(1);
  });

  test("prints a table", async () => {
    const flags = ["--sparsity", "0.7", ...BOTH, "--data", "characters", "--samples", "5"];
    const { out: text } = await runTritc("prune", model, ...flags, "--out", out);
    expect(text).toMatch(/^wrote .*pruned\.onnx\n\nlayer +weights/);
    expect(text).toMatch(/weights +last +28\.2 k +\S+ % +70\.00 % +-?\S+ … \S+ +\S+ %/);
    expect(text).toMatch(/top-1 of 5 samples\ndense +\S+ %/);
  });

  test("prunes alike over all layers", async () => {
    const flags = ["--sparsity", "0.5", ...BOTH, "--scope", "global", "--out", out];
    const { layers } = await json(model, ...flags);
    const gone = layers.reduce(
      (sum: number, layer: { pruned: number; weightCount: number }) =>
        sum + layer.pruned * layer.weightCount,
      0,
    );
    expect(gone).toBeCloseTo((36 + 28224) / 2, 6);
  });
});

describe("prune refuses", () => {
  const refused = join(scratch.path, "refused.onnx");

  test.each([
    [["--sparsity", "1.5"], "below 1"],
    [["--sparsity", "0.5", "--recover", "hope"], "Recoveries are zero, mean, bias"],
    [["--sparsity", "0.5", "--recover", "zero,mean"], "choose one"],
    [["--sparsity", "0.5", "--recover", "bias"], "--recover bias is measured on samples"],
    [["--sparsity", "0.5", "--reestimate"], "--reestimate is measured on samples"],
    [["--sparsity", "0.5", "--also", "middle"], "Roles are first, last, depthwise"],
    [["--sparsity", "0.5", "--scope", "galaxy"], "Allowed choices are layer, global, filter"],
    [["--sparsity", "0.5"], "prune/no-layers"],
  ])("%j", async (flags, message) => {
    const { code, err } = await runTritc("prune", model, ...flags, "--out", refused);
    expect(code).toBeGreaterThan(0);
    expect(err).toContain(message);
    expect(existsSync(refused)).toBe(false);
  });

  test("writing over the model", async () => {
    const { code, err } = await runTritc("prune", model, "--sparsity", "0.5", "--out", model);
    expect(code).toBe(2);
    expect(err).toContain("would replace the model");
  });
});
