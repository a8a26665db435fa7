/** @file `tritc quantize` on a small float model: what it writes, prints and refuses. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { readOnnx } from "../../model/onnx/index.ts";
import { scratchFolder } from "../data/scratch.ts";
import { runTritc } from "../errors/terminal.ts";
import { smallClassifier } from "./models.ts";

const scratch = scratchFolder();
const model = scratch.write("model.onnx", smallClassifier());
const out = join(scratch.path, "run");
const file = (name: string): string => join(out, name);
const OPTIONS = ["--data", "characters", "--limit", "720", "--epochs", "1", "--threads", "1"];

beforeAll(async () => {
  const args = [
    "quantize",
    model,
    ...OPTIONS,
    "--zeros",
    "0.6",
    "--first",
    "twn",
    "--seed",
    "3",
    "--out",
    out,
  ];
  const { code, err } = await runTritc(...args);
  expect(err).toMatch(/^float: top-1 .* test samples$/m);
  expect(err).toMatch(/^quantized: top-1 .* test samples$/m);
  expect(code).toBe(0);
});

describe("quantize", () => {
  test("writes a model with ternary and int8 weights, and its float network", () => {
    const graph = readOnnx(readFileSync(file("model.onnx")));
    const dtypes = graph.nodes.flatMap(node =>
      node.kind === "const" && node.attrs.tensor.dtype.startsWith("i")
        ? [node.attrs.tensor.dtype]
        : [],
    );
    expect(new Set(dtypes)).toEqual(new Set(["i2", "i8"]));
    expect(readOnnx(readFileSync(file("float.onnx"))).outputs).toHaveLength(1);
  });

  test("writes a configuration that trains to the same bits", async () => {
    const again = join(scratch.path, "again");
    const { code } = await runTritc("train", file("quantize.train.json"), "--out", again);
    expect(code).toBe(0);
    expect(readFileSync(join(again, "model.onnx"))).toEqual(readFileSync(file("model.onnx")));
    const config = JSON.parse(readFileSync(file("quantize.train.json"), "utf8"));
    expect(config.model.onnx).toBe(join("..", "model.onnx"));
  });
});

describe("quantize refuses", () => {
  test.each([
    [["--method", "twn", "--zeros", "0.5"], 'the method "twn" chooses the zeros itself'],
    [["--zeros", "1"], "from 0 to 1"],
    [["--method", "float"], "Allowed choices are"],
    [["--mean", "0.5"], "the mean must be an integer"],
    [["--epochs", "0"], "positive integer"],
  ])("%s", async (args, message) => {
    const folder = join(scratch.path, "refused");
    const { code, err } = await runTritc("quantize", model, ...OPTIONS, "--out", folder, ...args);
    expect(code).toBe(2);
    expect(err).toContain(message);
    expect(existsSync(folder)).toBe(false);
  });

  test("a model that is not there", async () => {
    const { code, err } = await runTritc("quantize", "nowhere.onnx", ...OPTIONS);
    expect(code).toBe(1);
    expect(err).toContain("nowhere.onnx");
  });

  test("a model that is damaged, by its name, before it makes a folder", async () => {
    const damaged = scratch.write("damaged.onnx", smallClassifier().subarray(0, 500));
    const folder = join(scratch.path, "damaged");
    const { code, err } = await runTritc("quantize", damaged, ...OPTIONS, "--out", folder);
    expect(code).toBe(1);
    expect(err).toMatch(/^error\[onnx\/truncated\]/);
    expect(err).toContain(`--> ${damaged}`);
    expect(existsSync(folder)).toBe(false);
  });
});
