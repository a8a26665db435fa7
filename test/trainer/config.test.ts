import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Diagnostic,
  type DiagnosticError,
  ModelError,
  UsageError,
} from "../../model/diagnostics/diagnostic.ts";
import { loadConfig, parseConfig } from "../../trainer/index.ts";

const stage = { method: "twn", epochs: 2, schedule: { kind: "constant", rate: 0.1 } };
const valid = { data: { source: "characters" }, model: { kind: "lenet5" }, stages: [stage] };

function problemsOf(value: unknown): readonly Diagnostic[] {
  try {
    parseConfig(value, "train.json");
  } catch (error) {
    if (error instanceof UsageError) return error.diagnostics;
    throw error;
  }
  return [];
}

const placesOf = (value: unknown): (string | undefined)[] => problemsOf(value).map(d => d.at);

describe("a configuration", () => {
  test("gets its defaults", () => {
    const config = parseConfig(valid);
    expect(config.model).toEqual({ kind: "lenet5", width: 1 });
    expect(config.activations).toBe("int8");
    expect(config.stages[0]).toMatchObject({
      method: { kind: "twn" },
      first: { kind: "int8" },
      last: { kind: "int8" },
      depthwise: { kind: "int8" },
      freeze: 0,
      refresh: 5,
    });
    expect(config.stages[0]!.optimizer).toMatchObject({
      kind: "sgd",
      momentum: 0.9,
      nesterov: true,
    });
    expect(config.augment).toEqual({ shift: 0, flip: false, fill: 0 });
  });

  test("reports everything that is wrong at once, each with its place", () => {
    const wrong = {
      data: { source: "characters", foo: 1 },
      model: { kind: "lenet" },
      stages: [
        { ...stage, method: "twm", epochs: 0, optimizer: { kind: "sgd", momentum: 2, x: 1 } },
      ],
      batch: 3,
    };
    const problems = problemsOf(wrong);
    expect(new Set(problems.map(d => d.code))).toEqual(new Set(["train/bad-config"]));
    expect(problems.map(d => d.at).toSorted()).toEqual([
      "train.json: batch",
      "train.json: data.foo",
      "train.json: model.kind",
      "train.json: stages[0].epochs",
      "train.json: stages[0].method",
      "train.json: stages[0].optimizer.momentum",
      "train.json: stages[0].optimizer.x",
    ]);
    const help = (at: string): string | undefined =>
      problems.find(d => d.at === `train.json: ${at}`)?.help;
    expect(help("stages[0].method")).toBe(
      'allowed: "float", "prune", "int8", "twn", "bitnet", "ternary", "ttq", "soft"',
    );
    expect(help("data.foo")).toBe("known keys: source, validation, validationSeed, limit, classes");
    expect(help("model.kind")).toContain('"resnet8"');
  });

  test("names what is missing", () => {
    expect(placesOf({})).toEqual(["train.json: data", "train.json: model", "train.json: stages"]);
    expect(problemsOf({})[0]!.message).toBe("a value is missing");
    expect(placesOf({ ...valid, stages: [] })).toEqual(["train.json: stages"]);
  });

  test("fills in the options of a method, and says what is wrong with them", () => {
    const of = (method: unknown, more = {}) => ({
      ...valid,
      stages: [{ ...stage, method, ...more }],
    });
    expect(parseConfig(of({ kind: "ternary", sphere: "project" })).stages[0]!.method).toEqual({
      kind: "ternary",
      threshold: { kind: "optimal", scope: "filter" },
      sphere: "project",
      gradient: { kind: "ste" },
    });
    expect(placesOf(of({ kind: "ternary", threshold: { kind: "sparsity", zeros: 2 } }))).toEqual([
      "train.json: stages[0].method.threshold.zeros",
    ]);
    expect(placesOf(of({ kind: "ternary", threshold: { kind: "optimal", zeros: 0.5 } }))).toEqual([
      "train.json: stages[0].method.threshold.zeros",
    ]);
    expect(placesOf(of({ kind: "trinary" }))).toEqual(["train.json: stages[0].method.kind"]);
    expect(problemsOf(of({ kind: "trinary" }))[0]!.help).toContain('"ternary"');
    expect(problemsOf(of({ kind: "prune", zero: 0.5 }))[0]!.help).toContain("zeros");
    expect(placesOf(of("twn", { first: "float" }))).toEqual(["train.json: stages[0].first"]);
  });

  test("tells where reinitialisation and freezing make no sense", () => {
    const wrong = { ...stage, method: "float", reinitialize: { kind: "signs" }, freeze: 0.1 };
    expect(placesOf({ ...valid, stages: [wrong] })).toEqual([
      "train.json: stages[0].reinitialize",
      "train.json: stages[0].freeze",
    ]);
    const right = { ...wrong, method: "ternary" };
    expect(placesOf({ ...valid, stages: [right] })).toEqual([]);
  });

  test("goes back to no epoch that is not before the stage", () => {
    const float = { ...stage, method: "float" };
    const back = (reinitialize: unknown) => [float, { ...stage, reinitialize }];
    const rewind = { kind: "rewind", stage: 0, epoch: 1 };
    expect(placesOf({ ...valid, stages: back(rewind) })).toEqual([]);
    for (const wrong of [
      { ...rewind, stage: 1 },
      { ...rewind, epoch: 2 },
    ]) {
      expect(placesOf({ ...valid, stages: back(wrong) })).toEqual([
        "train.json: stages[1].reinitialize",
      ]);
    }
  });

  test("tells what ranges and teachers make no sense", () => {
    const float = { ...stage, method: "float", ranges: "learned" };
    expect(placesOf({ ...valid, stages: [float] })).toEqual(["train.json: stages[0].ranges"]);
    const ranges = { kind: "percentile", share: 0.4 };
    expect(placesOf({ ...valid, stages: [{ ...stage, ranges }] })).toEqual([
      "train.json: stages[0].ranges.share",
    ]);
    const distill = { teacher: "t.onnx" };
    expect(problemsOf({ ...valid, stages: [{ ...stage, distill }] })[0]!.message).toContain(
      "nothing is learned from the teacher",
    );
  });

  test("takes no float stage after one that quantises", () => {
    const stages = [stage, { ...stage, method: "float" }];
    expect(placesOf({ ...valid, stages })).toEqual(["train.json: stages[1].method"]);
  });
});

describe("a configuration file", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tritc-config-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function load(name: string, text: string): Promise<unknown> {
    await writeFile(join(folder, name), text);
    return loadConfig(join(folder, name));
  }

  test("is JSON, or a module that exports config", async () => {
    expect(await load("a.json", JSON.stringify(valid))).toEqual(parseConfig(valid));
    expect(await load("a.mjs", `export const config = ${JSON.stringify(valid)};`)).toEqual(
      parseConfig(valid),
    );
  });

  test("names its model file relative to itself", async () => {
    const config = { ...valid, model: { onnx: "net.onnx" } };
    expect(await load("b.json", JSON.stringify(config))).toMatchObject({
      model: { onnx: join(folder, "net.onnx") },
    });
  });

  test("that is damaged, silent or absent is refused", async () => {
    const failing = async (promise: Promise<unknown>): Promise<string> => {
      const error = (await promise.catch((reason: unknown) => reason)) as DiagnosticError;
      const [found] = error.diagnostics;
      // A file that is not there ends a command as any other such file does.
      expect(error).toBeInstanceOf(found!.code === "file/unreadable" ? ModelError : UsageError);
      expect(found!.help).toBeDefined();
      return found!.code;
    };
    expect(await failing(load("c.json", "{"))).toBe("train/bad-config");
    expect(await failing(load("c.mjs", "export const other = 1;"))).toBe("train/bad-config");
    expect(await failing(load("d.mjs", "not a module"))).toBe("train/bad-config");
    const dependent = 'import "./none.mjs"; export const config = {};';
    expect(await failing(load("e.mjs", dependent))).toBe("train/bad-config");
    expect(await failing(loadConfig(join(folder, "none.json")))).toBe("file/unreadable");
    expect(await failing(loadConfig(join(folder, "none.mjs")))).toBe("file/unreadable");
  });

  test("every example is valid", async () => {
    for (const name of ["lenet5-mnist", "resnet8-cifar10"]) {
      const url = new URL(`../../examples/${name}.train.json`, import.meta.url);
      expect((await loadConfig(url.pathname)).name).toBe(name);
    }
  });
});
