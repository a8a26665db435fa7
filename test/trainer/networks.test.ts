import { describe, expect, test } from "vitest";
import { Random } from "../../core/random.ts";
import { ModelError } from "../../model/diagnostics/diagnostic.ts";
import type { GraphBuilder } from "../../model/ir/build.ts";
import type { NodeId } from "../../model/ir/graph.ts";
import { readOnnx, writeOnnx } from "../../model/onnx/index.ts";
import { evaluate, graphBuilder } from "../../model/ops/index.ts";
import { floatGraph } from "../../trainer/export/float-graph.ts";
import { augmentInto } from "../../trainer/loop/augment.ts";
import { MODEL_KINDS, modelKind } from "../../trainer/models/index.ts";
import { linearSteps, parameterNames } from "../../trainer/network/network.ts";
import { recognizeNetwork } from "../../trainer/network/recognize.ts";
import { mixedNetwork, seasoned } from "./networks.ts";

const INPUTS: Readonly<Record<string, readonly number[]>> = {
  lenet5: [1, 28, 28],
  "small-cnn": [1, 28, 28],
  resnet8: [3, 32, 32],
  resnet20: [3, 32, 32],
  dscnn: [1, 49, 10],
  "mobilenet-v1": [3, 96, 96],
};
/** Weights of convolutions and matrix products; of the published networks where there is one. */
const WEIGHTS: Readonly<Record<string, number>> = {
  lenet5: 61_470,
  "small-cnn": 22_896,
  resnet8: 77_360,
  resnet20: 270_896,
  dscnn: 22_016,
  "mobilenet-v1": 208_112,
};
const CLASSES: Readonly<Record<string, number>> = { dscnn: 12, "mobilenet-v1": 2 };

describe("built-in models", () => {
  for (const kind of MODEL_KINDS) {
    test(`${kind.name} has its layers and weights`, () => {
      const input = INPUTS[kind.name]!;
      const classes = CLASSES[kind.name] ?? 10;
      const { network, parameters } = recognizeNetwork(
        kind.build({ input, classes, width: 1, seed: 1 }),
      );
      const count = linearSteps(network)
        .map(step => parameters.get(parameterNames(step).weight)!.data.length)
        .reduce((sum, length) => sum + length, 0);
      expect(count).toBe(WEIGHTS[kind.name]);
      expect(network.steps.at(-1)!.shape).toEqual([classes]);
    });
  }

  test("the seed alone decides the initial weights", () => {
    const build = (seed: number) =>
      recognizeNetwork(
        modelKind("lenet5")!.build({ input: [1, 28, 28], classes: 10, width: 1, seed }),
      );
    const weights = (seed: number) => [...build(seed).parameters.get("conv1.weight")!.data];
    expect(weights(5)).toEqual(weights(5));
    expect(weights(5)).not.toEqual(weights(6));
  });
});

test("a network survives the way through ONNX", () => {
  const { network, parameters } = recognizeNetwork(mixedNetwork(1));
  const input = { dtype: "u8", mean: 100, scale: Math.fround(0.02) } as const;
  const graph = floatGraph(network, seasoned(network, parameters, 1), input, 1);
  const read = readOnnx(writeOnnx(graph));
  const random = new Random(1, "pixels");
  const data = new Uint8Array(3 * 9 * 8).map(() => random.integer(0, 255));
  const image = { dtype: "u8", shape: [1, 3, 9, 8], data } as const;
  const [a, b] = [graph, read].map(g => evaluate(g, { image }).logits!.data);
  a!.forEach((value, i) => {
    expect(Number(value)).toBeCloseTo(Number(b![i]), 4);
  });
});

describe("recognising a network", () => {
  function graphOf(build: (b: GraphBuilder, x: NodeId) => NodeId) {
    const b = graphBuilder();
    const x = b.input("x", "f32", [1, 4]);
    return b.finish("test", [{ name: "y", id: build(b, x) }]);
  }
  const weights = (b: GraphBuilder, shape: number[]): NodeId =>
    b.constant({
      dtype: "f32",
      shape,
      data: new Float32Array(shape.reduce((p, d) => p * d, 1)).fill(0.5),
    });

  test("a product and a bias of its own become one layer; a final softmax goes", () => {
    const graph = graphOf((b, x) => {
      const product = b.add("matmul", [x, weights(b, [4, 3])], {
        transposeA: false,
        transposeB: false,
      });
      const biased = b.add("add", [product, weights(b, [3])], {});
      return b.add("softmax", [biased], { axis: 1 });
    });
    const { network, parameters } = recognizeNetwork(graph);
    expect(network.steps).toMatchObject([{ kind: "linear", bias: true, shape: [3] }]);
    const names = parameterNames(linearSteps(network)[0]!);
    expect(parameters.get(names.weight)!.shape).toEqual([3, 4]);
    expect(parameters.get(names.bias)!.shape).toEqual([3]);
  });

  test("train/unsupported-model lists every node that cannot be trained", () => {
    const graph = graphOf((b, x) => {
      const a = b.add("sigmoid", [x], {}, "gate");
      const c = b.add("exp", [x], {}, "growth");
      return b.add("add", [a, c], {});
    });
    try {
      recognizeNetwork(graph);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(ModelError);
      const { diagnostics } = error as ModelError;
      expect(diagnostics.map(d => [d.code, d.at])).toEqual([
        ["train/unsupported-model", "gate"],
        ["train/unsupported-model", "growth"],
      ]);
    }
  });
});

describe("augmentation", () => {
  const source = Uint8Array.from({ length: 2 * 3 * 4 }, (_, i) => i + 1);
  const change = (
    order: "chw" | "hwc",
    shape: readonly number[],
    shift: number,
    flip: boolean,
    sample: number,
  ) => {
    const target = new Uint8Array(source.length);
    augmentInto(target, source, { shape, order }, { shift, flip, fill: 0 }, [1, sample]);
    return [...target];
  };

  test("without changes the image stays", () => {
    expect(change("chw", [2, 3, 4], 0, false, 0)).toEqual([...source]);
  });

  test("a mirror image reverses the columns of every plane", () => {
    const mirrored = [...source].map((_, i) => source[i - (i % 4) + 3 - (i % 4)]!);
    const seen = new Set(
      Array.from({ length: 40 }, (_, i) => `${change("chw", [2, 3, 4], 0, true, i)}`),
    );
    expect(seen).toEqual(new Set([`${[...source]}`, `${mirrored}`]));
  });

  test("a shift moves by at most its size, and both orders agree", () => {
    const seen = new Set<string>();
    for (let sample = 0; sample < 60; sample++) {
      const planar = change("chw", [2, 3, 4], 1, false, sample);
      seen.add(`${planar}`);
      const interleaved = new Uint8Array(source.length);
      const pixels = Uint8Array.from(source, (_, i) => source[(i % 2) * 12 + Math.floor(i / 2)]!);
      augmentInto(
        interleaved,
        pixels,
        { shape: [3, 4, 2], order: "hwc" },
        { shift: 1, flip: false, fill: 0 },
        [1, sample],
      );
      expect([...interleaved]).toEqual(
        planar.map((_, i) => planar[(i % 2) * 12 + Math.floor(i / 2)]!),
      );
    }
    expect(seen.size).toBe(9);
  });
});
