/** @file Real models: compiled in f32 they agree with official outputs and with ONNX Runtime. */

import { describe, expect, test } from "vitest";
import { verifyModule } from "../../compiler/index.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { readTensor } from "../../model/onnx/index.ts";
import { load } from "../../runtime/index.ts";
import { absent, readOriginal } from "../data/originals.ts";
import { Random } from "../fuzz/random.ts";
import { largestDifference, runOnnxRuntime } from "../onnx/onnx-runtime.ts";
import { compileGraph, TIERS } from "../plan/compile-and-compare.ts";

const MNIST = "models/mnist-8";
const TINY = ["mlperf-tiny/kws01_dscnn.onnx", "mlperf-tiny/ic01_resnet8.onnx"];

describe.skipIf(absent(MNIST))("mnist-8", () => {
  test.each(TIERS)("reproduces the official test sets (%s)", async simd => {
    const { wasm, manifest } = compileGraph(readOriginal(`${MNIST}/model.onnx`), { simd });
    const model = await load(wasm as Uint8Array<ArrayBuffer>);
    const [input, output] = [manifest.inputs[0]!.name, manifest.outputs[0]!.name];
    for (const set of [0, 1, 2]) {
      const read = (file: string) =>
        readTensor(readOriginal(`${MNIST}/test_data_set_${set}/${file}.pb`)) as Tensor<"f32">;
      const expected = read("output_0");
      const got = model.run({ [input]: read("input_0").data })[output] as Float32Array;
      const size = Math.max(...expected.data.map(Math.abs));
      const difference = largestDifference(tensor("f32", expected.shape, got), expected);
      expect(difference / size).toBeLessThan(1e-3);
    }
  });
});

describe.each(TINY)("%s", path => {
  const skipped = absent(path);

  test.skipIf(skipped)("agrees with ONNX Runtime in f32", async () => {
    const bytes = readOriginal(path);
    const { wasm, manifest } = compileGraph(bytes);
    const model = await load(wasm as Uint8Array<ArrayBuffer>);
    const { name, shape } = manifest.inputs[0]!;
    for (const seed of [1, 2, 3, 4]) {
      const x = new Random(seed).f32(shape, -1, 1);
      const expected = await runOnnxRuntime(bytes, { [name]: x });
      const got = model.run({ [name]: x.data });
      for (const output of manifest.outputs) {
        const own = tensor("f32", output.shape, got[output.name] as Float32Array);
        expect(largestDifference(own, expected[output.name]!)).toBeLessThan(1e-4);
      }
    }
  });

  test.skipIf(skipped).each(["int8", "ternary"] as const)(
    "gives the oracle's bits with %s weights and 8-bit activations",
    weights => {
      const bytes = readOriginal(path);
      const { name, shape } = compileGraph(bytes).manifest.inputs[0]!;
      const sample = (seed: number) => ({ [name]: new Random(seed).f32(shape, -1, 1) });
      const samples = [sample(1), sample(2)];
      for (const simd of TIERS) {
        const { graph, wasm, manifest } = compileGraph(bytes, { weights, samples, simd });
        const verdict = verifyModule(graph, wasm, manifest, [sample(3), sample(4)]);
        expect(verdict).toEqual({ samples: 2, identical: true });
      }
    },
  );
});
