import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lowerPasses, preparePasses, runPasses } from "../../compiler/passes/index.ts";
import { METADATA } from "../../core/metadata.ts";
import { type Diagnostic, ModelError, UsageError } from "../../model/diagnostics/diagnostic.ts";
import { readOnnx, writeOnnx } from "../../model/onnx/index.ts";
import { evaluate } from "../../model/ops/index.ts";
import { openData, toModelInput } from "../../trainer/data/index.ts";
import {
  openEngine,
  parseConfig,
  type TrainingConfigInput,
  type TrainingEvent,
  train,
} from "../../trainer/index.ts";
import { argMax } from "../../trainer/loop/evaluate.ts";
import { tinyNetwork } from "./networks.ts";

const CLASSES = ["0", "1", "7"];
const SAMPLES = 400;
let folder = "";
let config: TrainingConfigInput;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tritc-train-"));
  const onnx = join(folder, "tiny.onnx");
  await writeFile(onnx, writeOnnx(tinyNetwork(3, [1, 28, 28], CLASSES.length)));
  config = {
    data: { source: "characters", classes: CLASSES, limit: SAMPLES, validation: 40 },
    model: { onnx },
    batchSize: 20,
    augment: { shift: 1 },
    calibrationBatches: 4,
    threads: 1,
    stages: [
      { method: "float", epochs: 1, schedule: { kind: "constant", rate: 0.05 } },
      { method: "twn", epochs: 2, schedule: { kind: "cosine", rate: 0.05 } },
    ],
  };
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const out = (name: string): string => join(folder, name);

async function finalBits(name: string): Promise<string[]> {
  const files = ["model.onnx", "float.onnx", "checkpoint.bin", "log.json"];
  const contents = await Promise.all(files.map(file => readFile(join(out(name), file))));
  return contents.map(bytes => bytes.toString("base64"));
}

/** Runs until `stop` says so, as Ctrl-C would. */
async function interrupted(name: string, stop: (event: TrainingEvent) => boolean): Promise<void> {
  const controller = new AbortController();
  const result = await train(parseConfig(config), {
    out: out(name),
    signal: controller.signal,
    onProgress: event => {
      if (stop(event)) controller.abort();
    },
  });
  expect(result.status).toBe("interrupted");
  expect(result.files.model).toBeUndefined();
}

async function diagnosticsOf(action: Promise<unknown>): Promise<readonly Diagnostic[]> {
  const error: unknown = await action.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof ModelError || error instanceof UsageError) return error.diagnostics;
  throw error ?? new Error("no error");
}

describe("a run", () => {
  test("learns, and says how it goes", async () => {
    const events: TrainingEvent[] = [];
    const result = await train(parseConfig(config), {
      out: out("whole"),
      onProgress: e => events.push(e),
    });
    expect(result.status).toBe("finished");
    expect(result.history).toHaveLength(3);
    expect(result.results.quantized!.top1).toBeGreaterThan(0.7);
    const steps = events.filter(event => event.kind === "step");
    expect(steps).toHaveLength(3 * Math.floor((SAMPLES - 40) / 20));
    expect(steps.at(-1)!.secondsLeft).toBe(0);
    expect(new Set(events.map(event => event.kind))).toEqual(
      new Set(["start", "stage", "step", "epoch", "checkpoint", "result"]),
    );
  });

  test("gives the same bits again, and others for another seed", async () => {
    await train(parseConfig(config), { out: out("again") });
    expect(await finalBits("again")).toEqual(await finalBits("whole"));
    await train(parseConfig({ ...config, seed: 2 }), { out: out("other") });
    expect((await finalBits("other"))[0]).not.toBe((await finalBits("whole"))[0]);
  });

  for (const [name, stage, epoch, step] of [
    ["in the float stage", 0, 0, 7],
    ["at the end of the float stage", 0, 0, 18],
    ["in the ternary stage", 1, 1, 3],
  ] as const) {
    test(`stopped ${name} and resumed ends in the bits of one never stopped`, async () => {
      const folderName = `stopped-${stage}-${step}`;
      await interrupted(
        folderName,
        e => e.kind === "step" && e.stage === stage && e.epoch === epoch && e.step === step,
      );
      const result = await train(parseConfig(config), { out: out(folderName), resume: true });
      expect(result.status).toBe("finished");
      expect(await finalBits(folderName)).toEqual(await finalBits("whole"));
    });
  }

  test("exports what the compiler turns into the reported accuracy", async () => {
    const graph = readOnnx(await readFile(join(out("whole"), "model.onnx")));
    expect(JSON.parse(graph.metadata[METADATA.labels]!)).toEqual(CLASSES);
    const prepared = runPasses(graph, preparePasses({ weights: "auto" }));
    const compiled = runPasses(prepared, lowerPasses({ supports: () => undefined }));
    const data = await openData("characters", { split: "test", classes: CLASSES });
    const port = { dtype: "u8", shape: [1, 1, 28, 28], layout: "nchw" } as const;
    let correct = 0;
    for (let i = 0; i < data.count; i++) {
      const { logits } = evaluate(compiled, { image: toModelInput(data, i, port) });
      if (argMax(logits!.data as Float32Array) === data.labels![i]) correct++;
    }
    const log = JSON.parse(await readFile(join(out("whole"), "log.json"), "utf8"));
    expect(correct / data.count).toBe(log.results.quantized.top1);
  });
});

describe("what can go wrong", () => {
  test("train/diverged names the place, the layer and the last good checkpoint", async () => {
    const stages = [
      { method: "float", epochs: 3, schedule: { kind: "constant", rate: 1e12 } },
    ] as const;
    const [found] = await diagnosticsOf(
      train(parseConfig({ ...config, stages: [...stages] }), { out: out("diverged") }),
    );
    expect(found!.code).toBe("train/diverged");
    expect(found!.at).toMatch(/^epoch 1, step \d+$/);
    expect(found!.notes[0]).toMatch(/"(conv1|conv2|logits)\.(weight|bias|norm\.\w+)"/);
    expect(found!.notes[1]).toBe("no checkpoint had been written yet");
  });

  test("train/bad-checkpoint: none, damaged, cut short, of another run", async () => {
    const resume = (name: string, changed = config): Promise<readonly Diagnostic[]> =>
      diagnosticsOf(train(parseConfig(changed), { out: out(name), resume: true }));
    expect((await resume("nowhere"))[0]).toMatchObject({
      code: "train/bad-checkpoint",
      message: "there is no checkpoint to resume from",
    });
    await interrupted("damaged", event => event.kind === "step" && event.step === 2);
    const path = join(out("damaged"), "checkpoint.bin");
    expect((await resume("damaged", { ...config, seed: 9 }))[0]).toMatchObject({
      code: "train/bad-checkpoint",
      message: "the checkpoint belongs to another training run",
    });
    const bytes = await readFile(path);
    for (const spoilt of [
      bytes.map((b, i) => (i === 900 ? b ^ 1 : b)),
      bytes.subarray(0, -5),
      Buffer.of(),
    ]) {
      await writeFile(path, spoilt);
      expect((await resume("damaged"))[0]).toMatchObject({
        code: "train/bad-checkpoint",
        message: "the checkpoint is damaged",
        at: path,
      });
    }
  });

  test("train/no-engine", async () => {
    const [found] = await diagnosticsOf(openEngine(1, ["no-such-onnxruntime"]));
    expect(found!.code).toBe("train/no-engine");
    expect(found!.help).toContain("onnxruntime-node");
  });

  test("file/unwritable: a folder that is a file", async () => {
    await writeFile(out("occupied"), "");
    const [found] = await diagnosticsOf(train(parseConfig(config), { out: out("occupied") }));
    expect(found!.code).toBe("file/unwritable");
  });
});
