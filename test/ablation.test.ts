/** @file An ablation: its arms, what it logs, and that nothing is run twice. */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeOnnx } from "../model/onnx/index.ts";
import { runStudy } from "../scripts/ablation/run-study.ts";
import { merged, plannedArms, type Study, studySchema } from "../scripts/ablation/study.ts";
import type { Ablation } from "../scripts/results/studies.ts";
import { tinyNetwork } from "./trainer/networks.ts";

const STUDIES = new URL("../models/ablation/", import.meta.url);
const CLASSES = ["0", "1", "7"];
const folder = mkdtempSync(join(tmpdir(), "tritc-ablation-"));
const log = join(folder, "ablation.json");
const options = { log, scratch: join(folder, "scratch"), command: "run it" };
const onnx = join(folder, "tiny.onnx");

function study(changes: object = {}): Study {
  return studySchema.parse({
    name: "tiny",
    title: "a tiny network",
    baseline: "twn",
    seeds: [1, 2],
    training: {
      data: {
        source: "characters",
        classes: CLASSES,
        limit: 200,
        validation: 40,
        validationSeed: 5,
      },
      model: { onnx },
      batchSize: 20,
      calibrationBatches: 2,
      threads: 1,
      stages: [{ method: "twn", epochs: 1, schedule: { kind: "constant", rate: 0.02 } }],
    },
    arms: { twn: {}, half: { method: { kind: "ternary", threshold: { kind: "sparsity" } } } },
    ...changes,
  });
}

function logged(): Ablation {
  return JSON.parse(readFileSync(log, "utf8")) as Ablation;
}

beforeAll(async () => {
  writeFileSync(onnx, writeOnnx(tinyNetwork(3, [1, 28, 28], CLASSES.length)));
  await runStudy(study({ seeds: [2] }), options);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("the arms of a study", () => {
  test("are its named changes and every combination of its grid, seed by seed", () => {
    const grid = {
      first: { int8: {}, twn: { first: "twn" } },
      freeze: { none: {}, tenth: { freeze: 0.1 } },
    };
    const arms = plannedArms(study({ grid }));
    const names = ["twn", "half"].concat(
      ["int8", "twn"].flatMap(first => ["none", "tenth"].map(f => `first=${first} freeze=${f}`)),
    );
    expect(arms.map(({ arm, seed }) => `${seed} ${arm}`)).toEqual(
      [1, 2].flatMap(seed => names.map(name => `${seed} ${name}`)),
    );
    const { config } = arms.find(({ arm }) => arm === "first=twn freeze=tenth")!;
    expect(config.stages[0]).toMatchObject({ first: { kind: "twn" }, freeze: 0.1 });
    expect(arms.every(({ seed, config: own }) => own.seed === seed)).toBe(true);
  });

  test("change key by key, but a thing of another kind as a whole", () => {
    const base = { method: { kind: "ternary", sphere: "off" }, epochs: 3 };
    expect(merged(base, { method: { sphere: "free" } })).toEqual({
      method: { kind: "ternary", sphere: "free" },
      epochs: 3,
    });
    expect(merged(base, { method: { kind: "twn" } })).toEqual({
      method: { kind: "twn" },
      epochs: 3,
    });
  });
});

test("the studies that are published can be run", () => {
  for (const file of readdirSync(STUDIES)) {
    const published = studySchema.parse(JSON.parse(readFileSync(new URL(file, STUDIES), "utf8")));
    const arms = plannedArms(published);
    expect(arms.map(({ arm }) => arm)).toContain(published.baseline);
    expect(arms.every(({ config }) => config.data.validationSeed !== undefined)).toBe(true);
  }
});

describe("a study", () => {
  test("logs every arm with its accuracy on what was held back", () => {
    const { studies, arms } = logged();
    expect(studies.tiny).toMatchObject({ baseline: "twn", command: "run it", samples: 40 });
    expect(arms.map(({ arm, seed }) => `${seed} ${arm}`)).toEqual([...["2 twn", "2 half"]]);
    for (const { top1, epochs } of arms) {
      expect(top1 * 40).toBeCloseTo(Math.round(top1 * 40), 9);
      expect(epochs).toBe(1);
    }
    const half = arms.find(({ arm }) => arm === "half")!;
    expect(half.zeros).toBeCloseTo(0.5, 1);
    expect(readdirSync(join(folder, "scratch", "tiny"))).toEqual([]);
  });

  test("runs nothing twice, and an arm that changed again", { timeout: 60_000 }, async () => {
    const said: string[] = [];
    const say = (line: string): void => {
      said.push(line);
    };
    const before = logged();
    await runStudy(study({ seeds: [2] }), { ...options, say });
    expect(said).toEqual([]);
    expect(logged()).toEqual(before);
    const arms = { twn: {}, half: { freeze: 0.5, method: "bitnet" } };
    await runStudy(study({ arms, seeds: [2] }), { ...options, say });
    expect(said.filter(line => line.startsWith("tiny"))).toEqual(["tiny: half, seed 2"]);
    const digests = (rows: Ablation): string[] =>
      rows.arms.map(({ arm, seed, digest }) => `${seed} ${arm} ${digest}`).toSorted();
    const changed = digests(logged()).filter(row => !digests(before).includes(row));
    expect(changed).toHaveLength(1);
    expect(changed[0]).toMatch(/^2 half/);
  });

  test("refuses a baseline that is no arm, and an ablation that would look at the test set", async () => {
    await expect(runStudy(study({ baseline: "tvn" }), options)).rejects.toThrow('"tvn" is none');
    const training = { ...study().training, data: { source: "characters", validation: 0 } };
    await expect(runStudy(study({ training }), options)).rejects.toThrow("hold samples back");
    expect(existsSync(`${log}.partial`)).toBe(false);
  });
});
