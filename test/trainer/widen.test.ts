/** @file A network that is made wider computes what it computed before. */

import { describe, expect, test } from "vitest";
import { Random } from "../../core/random.ts";
import { elementCount } from "../../core/shape.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { GraphBuilder } from "../../model/ir/build.ts";
import type { Graph, NodeId } from "../../model/ir/graph.ts";
import { evaluate, graphBuilder } from "../../model/ops/index.ts";
import { floatGraph } from "../../trainer/export/float-graph.ts";
import { MODEL_KINDS } from "../../trainer/models/index.ts";
import { isDepthwise, linearSteps, parameterNames } from "../../trainer/network/network.ts";
import { type RecognizedNetwork, recognizeNetwork } from "../../trainer/network/recognize.ts";
import { widenNetwork } from "../../trainer/network/widen.ts";
import { mixedNetwork, seasoned } from "./networks.ts";

const INPUT = { dtype: "u8", mean: 128, scale: 1 / 64 } as const;
const COUNT = 2;

function scoresOf({ network, parameters }: RecognizedNetwork): number[] {
  const graph = floatGraph(network, parameters, INPUT, COUNT);
  const random = new Random(3, "pixels");
  const shape = [COUNT, ...network.input.shape];
  const data = new Uint8Array(elementCount(shape)).map(() => random.integer(0, 255));
  const images = { [network.input.name]: { dtype: "u8", shape, data } as Tensor };
  return Array.from(evaluate(graph, images).logits!.data as Float32Array);
}

function expectSame(given: RecognizedNetwork, wide: RecognizedNetwork): void {
  const [before, after] = [scoresOf(given), scoresOf(wide)];
  const largest = Math.max(...before.map(Math.abs));
  expect(largest).toBeGreaterThan(0);
  after.forEach((score, i) => {
    expect(Math.abs(score - before[i]!)).toBeLessThan(largest * 1e-4);
  });
}

function seasonedNetwork(given: RecognizedNetwork): RecognizedNetwork {
  return { ...given, parameters: seasoned(given.network, given.parameters, 5) };
}

/** Adds seeded weights of a shape to a graph. */
function weightsIn(b: GraphBuilder): (...shape: number[]) => NodeId {
  const random = new Random(6, "weights");
  return (...shape) => {
    const data = new Float32Array(elementCount(shape)).map(() => random.uniform() - 0.5);
    return b.constant({ dtype: "f32", shape, data });
  };
}

function weightsOf({ network, parameters }: RecognizedNetwork): number {
  const sizes = linearSteps(network).map(
    step => parameters.get(parameterNames(step).weight)!.data.length,
  );
  return sizes.reduce((a, b) => a + b, 0);
}

describe.each(MODEL_KINDS.map(kind => [kind.name, kind] as const))("%s", (name, kind) => {
  const input = name === "lenet5" ? [1, 28, 28] : name === "dscnn" ? [1, 49, 10] : [3, 32, 32];
  const graph = kind.build({
    input,
    classes: 10,
    width: name === "mobilenet-v1" ? 0.25 : 0.5,
    seed: 4,
  });
  const given = seasonedNetwork(recognizeNetwork(graph));

  test.each([1.5, 3])("%s times as wide", width => {
    const wide = widenNetwork(given, width, 1);
    expectSame(given, wide);
    const [first] = linearSteps(wide.network);
    const [before] = linearSteps(given.network);
    expect(first!.shape[0]).toBe(Math.round(before!.shape[0]! * width));
    expect(weightsOf(wide)).toBeGreaterThan(weightsOf(given) * width);
    for (const step of linearSteps(wide.network).filter(isDepthwise)) {
      expect(step.product).toMatchObject({ group: step.shape[0] });
    }
  });
});

test("sums, shortcuts and pools of one network", () => {
  const given = seasonedNetwork(recognizeNetwork(mixedNetwork(4)));
  const wide = widenNetwork(given, 2, 1);
  expectSame(given, wide);
  expect(wide.network.steps.at(-1)!.shape).toEqual([5]);
});

test("copies of a channel are read with different weights", () => {
  const given = recognizeNetwork(mixedNetwork(4));
  const { parameters } = widenNetwork(given, 2, 1);
  const { shape, data } = parameters.get("hidden.weight")!;
  const filter = Array.from(data.subarray(0, shape[1]!));
  expect(new Set(filter).size).toBe(filter.length);
});

test("a grouped convolution keeps its channels; pixels may come before them in a vector", () => {
  const given = recognizeNetwork(groupedNetwork());
  const wide = widenNetwork(given, 2, 1);
  expectSame(given, wide);
  expect(linearSteps(wide.network).map(step => step.shape[0])).toEqual([4, 6, 10, 3]);
  expect(wide.parameters.get("fc.weight")!.shape).toEqual([3, 36 * 10]);
});

/** 4 channels, 6 of them in two groups, 5 that may grow, and scores of all 5·36 values. */
function groupedNetwork(): Graph {
  const b = graphBuilder();
  const weights = weightsIn(b);
  const conv = (x: NodeId, channels: number, inputs: number, group: number): NodeId =>
    b.add("conv", [x, weights(channels, inputs / group, 3, 3)], {
      kernel: [3, 3],
      strides: [1, 1],
      pads: [1, 1, 1, 1],
      dilations: [1, 1],
      group,
      layout: "nchw",
    });
  let x = b.input("image", "f32", [1, 6, 6, 2]);
  x = b.add("transpose", [x], { permutation: [0, 3, 1, 2] });
  x = conv(conv(conv(x, 4, 2, 1), 6, 4, 2), 5, 6, 1);
  x = b.add("transpose", [x], { permutation: [0, 2, 3, 1] });
  x = b.add("reshape", [x], { shape: [1, 180] });
  const attrs = { transposeA: false, transposeB: true, alpha: 1, beta: 1 };
  x = b.add("gemm", [x, weights(3, 180)], attrs, "fc");
  return b.finish("grouped", [{ name: "logits", id: x }]);
}

test("an image that is laid out as a vector at once", () => {
  const b = graphBuilder();
  const weights = weightsIn(b);
  const attrs = { transposeA: false, transposeB: true, alpha: 1, beta: 1 };
  let x = b.input("image", "f32", [1, 3, 4, 4]);
  x = b.add("reshape", [x], { shape: [1, 48] });
  x = b.add("clamp", [b.add("gemm", [x, weights(8, 48)], attrs)], { min: 0, max: Infinity });
  x = b.add("gemm", [x, weights(5, 8)], attrs, "fc");
  const given = recognizeNetwork(b.finish("vector", [{ name: "logits", id: x }]));
  const wide = widenNetwork(given, 2, 1);
  expectSame(given, wide);
  expect(wide.network.steps.map(({ shape }) => shape[0])).toEqual([48, 16, 5]);
});
