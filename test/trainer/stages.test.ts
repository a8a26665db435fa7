import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sparsityOf } from "../../core/ternary.ts";
import type { Graph } from "../../model/ir/graph.ts";
import { readOnnx, writeOnnx } from "../../model/onnx/index.ts";
import {
  type EpochRecord,
  parseConfig,
  type TrainingConfigInput,
  type TrainingEvent,
  type TrainingResult,
  train,
} from "../../trainer/index.ts";
import { decodeCheckpoint } from "../../trainer/loop/checkpoint.ts";
import { filters, lengthOf } from "./method-runs.ts";
import { tinyNetwork } from "./networks.ts";

const CLASSES = ["0", "1", "7"];
const ZEROS = 0.6;
let folder = "";
let config: TrainingConfigInput;
let whole: TrainingResult;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tritc-stages-"));
  const onnx = join(folder, "tiny.onnx");
  await writeFile(onnx, writeOnnx(tinyNetwork(3, [1, 28, 28], CLASSES.length)));
  config = {
    data: { source: "characters", classes: CLASSES, limit: 200 },
    model: { onnx },
    batchSize: 20,
    calibrationBatches: 4,
    threads: 1,
    stages: [
      {
        method: {
          kind: "float",
          sphere: "project",
          penalty: { kind: "cosine", threshold: { kind: "sparsity", zeros: ZEROS } },
        },
        epochs: 2,
        schedule: { kind: "constant", rate: 0.05 },
      },
      {
        method: { kind: "prune", zeros: ZEROS, scope: "filter", sphere: "project" },
        epochs: 2,
        schedule: { kind: "constant", rate: 0.05 },
      },
      {
        method: {
          kind: "ternary",
          threshold: { kind: "sparsity", zeros: ZEROS },
          sphere: "project",
          gradient: { kind: "floor" },
        },
        reinitialize: { kind: "blend" },
        freeze: 0.4,
        refresh: 3,
        epochs: 3,
        schedule: { kind: "cosine", rate: 0.3 },
      },
    ],
  };
  whole = await train(parseConfig(config), { out: out("whole") });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const out = (name: string): string => join(folder, name);

async function finalBits(name: string): Promise<string[]> {
  const files = ["model.onnx", "float.onnx", "checkpoint.bin", "log.json"];
  const contents = await Promise.all(files.map(file => readFile(join(out(name), file))));
  return contents.map(bytes => bytes.toString("base64"));
}

function bodyOf(record: EpochRecord | undefined) {
  return record!.layers.find(layer => layer.name === "conv2")!;
}

/** The values of the body's weights in an exported file. */
async function bodyWeights(file: string): Promise<number[]> {
  const graph: Graph = readOnnx(await readFile(join(out("whole"), file)));
  const isBody = (shape: readonly number[]): boolean => `${shape}` === "6,4,3,3";
  const node = graph.nodes.find(n => n.kind === "const" && isBody(n.type.shape));
  if (node?.kind !== "const") throw new Error("no weights of conv2");
  return Array.from(node.attrs.tensor.data, Number);
}

describe("pruning on the sphere, reinitialisation, ternary training", () => {
  test("learns, and reaches the sparsity that was asked for", () => {
    expect(whole.status).toBe("finished");
    expect(whole.results.quantized!.top1).toBeGreaterThan(0.6);
    expect(whole.history.map(record => record.method)).toEqual([
      ...["float", "float", "prune", "prune"],
      ...["ternary", "ternary", "ternary"],
    ]);
    const zeros = whole.history.map(record => bodyOf(record).sparsity);
    expect(zeros[0]).toBe(0);
    for (const i of [3, 6]) expect(zeros[i]).toBeCloseTo(1 - 14 / 36, 2);
  });

  test("logs the cosine, sign flips and the strength of the penalty", () => {
    const layers = whole.history.map(bodyOf);
    for (const { cosine } of layers) {
      expect(cosine).toBeGreaterThan(0.5);
      expect(cosine).toBeLessThanOrEqual(1);
    }
    expect(layers[0]!.flips).toBeUndefined();
    expect(layers[2]!.flips).toBeGreaterThan(0.2);
    expect(layers.map(layer => layer.lambda !== undefined)).toEqual([
      ...[true, true, false, false, false, false, false],
    ]);
    expect(layers[1]!.lambda).toBeGreaterThan(0);
    // A layer that stays float has no penalty of its own.
    expect(whole.history[0]!.layers[0]!.lambda).toBeUndefined();
  });

  test("frozen weights change no sign", () => {
    // The last two fifths of three epochs: the third is frozen throughout.
    expect(bodyOf(whole.history.at(-1)).flips).toBe(0);
    expect(bodyOf(whole.history.at(-2)).flips).toBeGreaterThan(0);
  });

  test("exports the float network pruned, and the ternary one with as many zeros", async () => {
    const floats = await bodyWeights("float.onnx");
    expect(sparsityOf(floats)).toBeCloseTo(1 - 14 / 36, 6);
    const trits = await bodyWeights("model.onnx");
    expect(new Set(trits)).toEqual(new Set([-1, 0, 1]));
    expect(sparsityOf(trits)).toBe(sparsityOf(floats));
  });

  test("a float stage leaves the weights that its forward pass used", async () => {
    const method = { kind: "float", sphere: "free" };
    const stages = [{ ...config.stages[0]!, method, epochs: 1 }];
    await train(parseConfig({ ...config, stages }), { out: out("free") });
    const { tensors } = decodeCheckpoint(await readFile(join(out("free"), "checkpoint.bin")))!;
    const { data, shape } = tensors.get("conv2.weight")!;
    for (const filter of filters(data, shape)) expect(lengthOf(filter)).toBeCloseTo(1, 5);
  });

  for (const [stage, epoch, step] of [[2, 0, 4]] as const) {
    test(`stopped in stage ${stage + 1} and resumed ends in the same bits`, async () => {
      const name = `stopped-${stage}`;
      const controller = new AbortController();
      const stop = (e: TrainingEvent): boolean =>
        e.kind === "step" && e.stage === stage && e.epoch === epoch && e.step === step;
      const first = await train(parseConfig(config), {
        out: out(name),
        signal: controller.signal,
        onProgress: event => {
          if (stop(event)) controller.abort();
        },
      });
      expect(first.status).toBe("interrupted");
      await train(parseConfig(config), { out: out(name), resume: true });
      expect(await finalBits(name)).toEqual(await finalBits("whole"));
    });
  }

  test("stopped before the first step of a stage: weights are reinitialised once", async () => {
    const controller = new AbortController();
    await train(parseConfig(config), {
      out: out("early"),
      signal: controller.signal,
      onProgress: event => {
        if (event.kind === "stage" && event.stage === 2) controller.abort();
      },
    });
    await train(parseConfig(config), { out: out("early"), resume: true });
    expect(await finalBits("early")).toEqual(await finalBits("whole"));
  });

  test("a run that has ended goes on with the stages that are added", async () => {
    const stages = config.stages.slice(0, 2);
    await train(parseConfig({ ...config, stages }), { out: out("longer") });
    await train(parseConfig(config), { out: out("longer"), resume: true });
    expect(await finalBits("longer")).toEqual(await finalBits("whole"));
  });

  test("and not where a stage before them is another", async () => {
    const stages = config.stages.map((stage, i) => (i === 1 ? { ...stage, epochs: 1 } : stage));
    const resumed = train(parseConfig({ ...config, stages }), { out: out("longer"), resume: true });
    await expect(resumed).rejects.toThrow("another training run");
  });
});
