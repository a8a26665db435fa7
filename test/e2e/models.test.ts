/** @file Real models: compiled in f32 they agree with official outputs and with ONNX Runtime. */

import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { verifyModule } from "../../compiler/index.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { readTensor } from "../../model/onnx/index.ts";
import { load } from "../../runtime/index.ts";
import { absent, readOriginal } from "../data/originals.ts";
import { Random } from "../fuzz/random.ts";
import { compileGraph, TIERS } from "../plan/compile-and-compare.ts";

const MNIST = "models/mnist-8";
const TINY = ["mlperf-tiny/kws01_dscnn.onnx", "mlperf-tiny/ic01_resnet8.onnx"];

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a, (x, i) => Math.abs(x - b[i]!)).reduce((m, x) => Math.max(m, x), 0);
}

describe.skipIf(absent(MNIST))("mnist-8", () => {
  test.each(TIERS)("reproduces the official test sets (%s)", async simd => {
    const { wasm, manifest } = compileGraph(readOriginal(`${MNIST}/model.onnx`), { simd });
    const model = await load(wasm as Uint8Array<ArrayBuffer>);
    const [input, output] = [manifest.inputs[0]!.name, manifest.outputs[0]!.name];
    for (const set of [0, 1, 2]) {
      const read = (file: string) =>
        readTensor(readOriginal(`${MNIST}/test_data_set_${set}/${file}.pb`)) as Tensor<"f32">;
      const expected = read("output_0").data;
      const got = model.run({ [input]: read("input_0").data })[output] as Float32Array;
      const size = Math.max(...expected.map(Math.abs));
      expect(largestDifference(got, expected) / size).toBeLessThan(1e-3);
    }
  });
});

describe.each(TINY)("%s", path => {
  const skipped = absent(path);

  test.skipIf(skipped)("agrees with ONNX Runtime in f32", async () => {
    const bytes = readOriginal(path);
    const { wasm, manifest } = compileGraph(bytes);
    const model = await load(wasm as Uint8Array<ArrayBuffer>);
    const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1 });
    const { name, shape } = manifest.inputs[0]!;
    for (const seed of [1, 2, 3, 4]) {
      const { data } = new Random(seed).f32(shape, -1, 1);
      const feeds = { [name]: new OrtTensor("float32", data, [...shape]) };
      const expected = await session.run(feeds);
      const got = model.run({ [name]: data });
      for (const output of manifest.outputs) {
        const reference = expected[output.name]!.data as Float32Array;
        const own = got[output.name] as Float32Array;
        expect(largestDifference(own, reference)).toBeLessThan(1e-4);
      }
    }
  });

  test.skipIf(skipped).each(["int8", "ternary"] as const)(
    "gives the oracle's bits with %s weights and 8-bit activations",
    weights => {
      const bytes = readOriginal(path);
      const { shape } = compileGraph(bytes).manifest.inputs[0]!;
      const name = compileGraph(bytes).manifest.inputs[0]!.name;
      const sample = (seed: number) => ({
        [name]: tensor("f32", shape, new Random(seed).f32(shape, -1, 1).data),
      });
      const samples = [sample(1), sample(2)];
      for (const simd of TIERS) {
        const { graph, wasm, manifest } = compileGraph(bytes, { weights, samples, simd });
        const verdict = verifyModule(graph, wasm, manifest, [sample(3), sample(4)]);
        expect(verdict).toEqual({ samples: 2, identical: true });
      }
    },
  );
});
