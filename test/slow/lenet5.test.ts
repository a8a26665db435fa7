/**
 * @file The whole road on MNIST: trains the example's ternary LeNet-5, compiles
 * it for both tiers, as a core module and as a WASI command, and compares the
 * logits of all 10,000 test images with the trainer's integer forward.
 */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compile, rebuild, verifyModule } from "../../compiler/index.ts";
import { tensor } from "../../core/tensor.ts";
import { load } from "../../runtime/index.ts";
import { TARGETS } from "../../targets/index.ts";
import { loadKernelLibrary } from "../../targets/kernel-files.ts";
import { loadConfig, openEngine, train } from "../../trainer/index.ts";
import { decodeCheckpoint } from "../../trainer/loop/checkpoint.ts";
import { EVALUATION_BATCH, forEachLogits } from "../../trainer/loop/evaluate.ts";
import { measuringGraph } from "../../trainer/loop/outputs.ts";
import { planFor, prepareRun } from "../../trainer/loop/prepare.ts";
import { absent } from "../data/originals.ts";
import { commandRunner } from "../targets/wasi-run.ts";

const CONFIG = "examples/lenet5-mnist.train.json";
const FLOOR = 0.99;
const MOST_BYTES = 40_000;
const TIERS = ["scalar", "simd128"] as const;
const IMAGE_COUNT = 10_000;

describe.skipIf(absent("mnist"))("LeNet-5 on MNIST", () => {
  const folder = mkdtempSync(join(tmpdir(), "tritc-lenet5-"));
  const kernels = loadKernelLibrary();
  let model: Uint8Array;
  let images: Uint8Array[];
  let expected: Float32Array[];
  let top1: number;

  beforeAll(async () => {
    const config = await loadConfig(CONFIG);
    const result = await train(config, { out: folder });
    top1 = result.results.quantized!.top1;
    model = readFileSync(join(folder, "model.onnx"));
    ({ images, expected } = await integerLogits());
  }, 900_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  /** What the trainer says that the module must answer, for every test image. */
  async function integerLogits() {
    const config = await loadConfig(CONFIG);
    const run = await prepareRun(config, await openEngine(2));
    const { tensors } = decodeCheckpoint(readFileSync(join(folder, "checkpoint.bin")))!;
    const plan = planFor(config.stages.at(-1)!, run.network, config.activations);
    const graph = measuringGraph(run, tensors, plan, EVALUATION_BATCH);
    const pixels = run.test.data.length / run.test.count;
    const found = { images: [] as Uint8Array[], expected: [] as Float32Array[] };
    await forEachLogits(await openEngine(2), graph, run.test, (logits, index) => {
      found.images.push(
        Uint8Array.from(run.test.data.subarray(index * pixels, (index + 1) * pixels)),
      );
      found.expected.push(logits.slice());
    });
    return found;
  }

  test("reads more than 99 % of the digits", () => {
    expect(images).toHaveLength(IMAGE_COUNT);
    expect(top1).toBeGreaterThanOrEqual(FLOOR);
  });

  test.each(TIERS)("%s in Node: small, and the trainer's bits on every image", async simd => {
    const { wasm, manifest } = compile(model, { target: TARGETS.node, kernels, simd });
    expect(wasm.length).toBeLessThanOrEqual(MOST_BYTES);
    const module = await load(wasm);
    const wrong = images.findIndex((image, i) => {
      const { logits } = module.run({ image: Uint8Array.from(image) });
      return !sameBits(logits as Float32Array, expected[i]!);
    });
    expect(wrong).toBe(-1);
    const samples = images
      .slice(0, 200)
      .map(image => ({ image: tensor("u8", [1, 1, 28, 28], image) }));
    expect(verifyModule(rebuild(model, manifest), wasm, manifest, samples).identical).toBe(true);
  });

  test.each(TIERS)("%s as a WASI command: small, and the trainer's bits on every image", simd => {
    const { wasm } = compile(model, { target: TARGETS.wasi, kernels, simd });
    expect(wasm.length).toBeLessThanOrEqual(MOST_BYTES);
    const runner = commandRunner(wasm, ["--npy"]);
    const wrong = images.findIndex((image, i) => {
      const { code, stdout } = runner.run(image);
      const logits = new Float32Array(stdout.slice(-4 * expected[i]!.length).buffer);
      return code !== 0 || !sameBits(logits, expected[i]!);
    });
    runner.close();
    expect(wrong).toBe(-1);
  });
});

function sameBits(a: Float32Array, b: Float32Array): boolean {
  return a.length === b.length && a.every((value, i) => Object.is(value, b[i]));
}
