/** @file Pruning without training: what goes, what stands in its place, and what is recovered. */

import { describe, expect, test } from "vitest";
import { Random } from "../../core/random.ts";
import { elementCount } from "../../core/shape.ts";
import { type Tensor, tensor, tensorOf, toNumbers } from "../../core/tensor.ts";
import type { Graph } from "../../model/ir/graph.ts";
import { readOnnx, writeOnnx } from "../../model/onnx/index.ts";
import { evaluate, graphBuilder } from "../../model/ops/index.ts";
import { openEngine } from "../../trainer/engine/onnxruntime.ts";
import { correctBias } from "../../trainer/prune/correct-bias.ts";
import { fillWithMeans, fillWithZeros } from "../../trainer/prune/fill.ts";
import { type Filters, prunableLayers } from "../../trainer/prune/layers.ts";
import {
  choosePruned,
  layerErrors,
  measureDense,
  pruneGraph,
  reestimateGraph,
} from "../../trainer/prune/prune.ts";
import { restoreMoments } from "../../trainer/prune/reestimate.ts";
import { selectPruned } from "../../trainer/prune/select.ts";
import { measureMoments } from "../../trainer/prune/statistics.ts";

function filters(count: number, values: readonly number[]): Filters {
  return { count, depth: values.length / count, values: Float32Array.from(values) };
}

function randomFilters(seed: number, count: number, depth: number, mean = 0): Filters {
  const random = new Random(seed, "filters");
  return filters(
    count,
    Array.from({ length: count * depth }, () => mean + random.uniform() - 0.5),
  );
}

function ones(flags: Uint8Array): number {
  return flags.reduce((sum, flag) => sum + flag, 0);
}

describe("selectPruned", () => {
  const layers = [randomFilters(1, 6, 37), randomFilters(2, 5, 18)];

  test("takes an exact share of each layer, each filter, or all layers", () => {
    for (const sparsity of [0, 0.3, 0.5, 0.9]) {
      const [a, b] = selectPruned(layers, sparsity, "layer");
      expect([ones(a!), ones(b!)]).toEqual([222, 90].map(n => Math.round(n * sparsity)));
      const perFilter = selectPruned(layers, sparsity, "filter")[0]!;
      for (let from = 0; from < 222; from += 37) {
        expect(ones(perFilter.subarray(from, from + 37))).toBe(Math.round(37 * sparsity));
      }
      const all = selectPruned(layers, sparsity, "global");
      expect(ones(all[0]!) + ones(all[1]!)).toBe(Math.round(312 * sparsity));
    }
  });

  test("counts magnitudes in shares of the filter's norm", () => {
    const scaled = filters(2, [4, 3, 2, 1, 400, 300, 200, 100]);
    expect([...selectPruned([scaled], 0.5, "layer")[0]!]).toEqual([0, 0, 1, 1, 0, 0, 1, 1]);
    const two = [filters(1, [10, 9, 8, 7]), filters(1, [1, 1, 0.1, 0.1])];
    const [first, second] = selectPruned(two, 0.25, "global");
    expect([...first!, ...second!]).toEqual([0, 0, 0, 0, 0, 0, 1, 1]);
  });

  test("of equal weights takes the first, and zeros before all others", () => {
    expect([...selectPruned([filters(1, [1, 1, 1, 1])], 0.5, "layer")[0]!]).toEqual([1, 1, 0, 0]);
    expect([...selectPruned([filters(1, [1, 0, -2, 0])], 0.5, "layer")[0]!]).toEqual([0, 1, 0, 1]);
    expect([...selectPruned([filters(1, [0, 0])], 0.5, "layer")[0]!]).toEqual([1, 0]);
  });
});

describe("filling", () => {
  const given = filters(2, [1, 0.5, -0.25, 2, 0.125, -4, 3, 8]);
  const pruned = Uint8Array.of(0, 1, 1, 0, 0, 0, 0, 0);

  test("puts zeros, or the mean of what went, in pruned places only", () => {
    expect([...fillWithZeros(given, pruned).filters.values]).toEqual([1, 0, 0, 2, 0.125, -4, 3, 8]);
    const { filters: filled, means } = fillWithMeans(given, pruned);
    expect([...filled.values]).toEqual([1, 0.125, 0.125, 2, 0.125, -4, 3, 8]);
    expect([...means]).toEqual([0.125, 0]);
  });

  test("with means keeps the sum of a filter", () => {
    const many = randomFilters(3, 4, 60, 0.1);
    const flags = selectPruned([many], 0.6, "layer")[0]!;
    const { filters: filled } = fillWithMeans(many, flags);
    for (let from = 0; from < 240; from += 60) {
      const sum = (values: Float32Array): number =>
        values.subarray(from, from + 60).reduce((total, w) => total + w, 0);
      expect(sum(filled.values)).toBeCloseTo(sum(many.values), 4);
    }
  });
});

describe("correctBias", () => {
  test("adds what pruned weights gave on average", () => {
    const dense = filters(2, [1, 2, 3, 4]);
    const filled = filters(2, [1, 0, 0, 4]);
    const corrected = correctBias(Float32Array.of(10, 20), dense, filled, Float64Array.of(0.5, 5));
    expect([...corrected]).toEqual([10 + 2 * 5, 20 + 3 * 0.5]);
    expect([...correctBias(undefined, dense, filled, Float64Array.of(0.5, 5))]).toEqual([10, 1.5]);
  });

  test("takes the inputs of a filter's own group", () => {
    const dense = filters(2, [1, 1, 1, 1]);
    const filled = filters(2, [0, 0, 0, 0]);
    const means = Float64Array.of(1, 2, 30, 40);
    expect([...correctBias(undefined, dense, filled, means)]).toEqual([3, 70]);
  });
});

describe("restoreMoments", () => {
  test("brings mean and spread back, and leaves dead channels alone", () => {
    const before = { means: Float64Array.of(5, 1), squares: Float64Array.of(29, 2) };
    const after = { means: Float64Array.of(1, 3), squares: Float64Array.of(2, 9) };
    const layer = { filters: filters(2, [1, 2, 3, 4]), bias: Float32Array.of(1, 1) };
    const { filters: scaled, bias } = restoreMoments(layer, before, after);
    // Spreads: 2 of 1 in the first channel; 1 of 0 in the second.
    expect([...scaled.values]).toEqual([2, 4, 3, 4]);
    expect([...bias]).toEqual([5 + 2 * (1 - 1), 1 + (1 - 3)]);
  });
});

/** Two convolutions with a depthwise one between, and a matrix product; inputs are not negative. */
function network(seed = 4): Graph {
  const random = new Random(seed, "network");
  const b = graphBuilder();
  const weights = (name: string, shape: readonly number[]) =>
    b.constant(
      tensor(
        "f32",
        shape,
        Float32Array.from({ length: elementCount(shape) }, () => random.uniform() - 0.42),
      ),
      { name },
    );
  const same = { strides: [1, 1], dilations: [1, 1], layout: "nchw" } as const;
  const wide = { ...same, kernel: [3, 3], pads: [1, 1, 1, 1] } as const;
  const relu = { min: 0, max: Infinity };
  const x = b.input("x", "f32", [1, 2, 8, 8]);
  let y = b.add("conv", [x, weights("stem", [6, 2, 3, 3])], { ...wide, group: 1 });
  y = b.add("clamp", [y], relu);
  y = b.add("conv", [y, weights("taps", [6, 1, 3, 3])], { ...wide, group: 6 });
  y = b.add("clamp", [y], relu);
  const bias = b.constant(tensorOf("f32", [9], Array(9).fill(0.5)), { name: "body.bias" });
  y = b.add("conv", [y, weights("body", [9, 6, 3, 3]), bias], { ...wide, group: 1 });
  y = b.add("clamp", [y], relu);
  y = b.add("reshape", [y], { shape: [1, 576] });
  y = b.add("matmul", [y, weights("hidden", [576, 12])], { transposeA: false, transposeB: false });
  const attrs = { transposeA: false, transposeB: false, alpha: 1, beta: 1 };
  y = b.add("gemm", [b.add("clamp", [y], relu), weights("last", [12, 5])], attrs);
  return b.finish("net", [{ name: "y", id: y }]);
}

function inputs(count: number, seed = 9): Tensor[] {
  const random = new Random(seed, "inputs");
  return Array.from({ length: count }, () =>
    tensor(
      "f32",
      [1, 2, 8, 8],
      Float32Array.from({ length: 128 }, () => random.uniform()),
    ),
  );
}

const NETWORK = network();
const OPTIONS = { sparsity: 0.5, scope: "layer", roles: ["body"] } as const;

describe("a graph", () => {
  test("has its layers found, each with its role", () => {
    const found = prunableLayers(NETWORK);
    expect(found.map(({ name, role }) => [name, role])).toEqual([
      ["stem", "first"],
      ["taps", "depthwise"],
      ["body", "body"],
      ["hidden", "body"],
      ["last", "last"],
    ]);
    expect(found.map(({ filters: { count, depth } }) => [count, depth])).toEqual([
      [6, 18],
      [6, 9],
      [9, 54],
      [12, 576],
      [5, 12],
    ]);
  });

  test("loses the chosen weights of the chosen layers only", () => {
    const { graph: pruned } = pruneGraph(choosePruned(NETWORK, OPTIONS), {
      mean: false,
      bias: false,
    });
    const zeros = (of: Graph): number[] =>
      prunableLayers(of).map(({ filters: { values } }) => values.filter(w => w === 0).length);
    expect(zeros(NETWORK)).toEqual([0, 0, 0, 0, 0]);
    expect(zeros(pruned)).toEqual([0, 0, 243, 3456, 0]);
    const all = choosePruned(NETWORK, {
      ...OPTIONS,
      roles: ["body", "first", "last", "depthwise"],
    });
    expect(zeros(pruneGraph(all, { mean: false, bias: false }).graph)).toEqual([
      54, 27, 243, 3456, 30,
    ]);
  });

  test("holds one value in the pruned places of a filter, also in ONNX", () => {
    const { graph, means } = pruneGraph(choosePruned(NETWORK, OPTIONS), {
      mean: true,
      bias: false,
    });
    const again = prunableLayers(readOnnx(writeOnnx(graph)))[2]!;
    const [, , body] = prunableLayers(NETWORK);
    const own = means.get(body!.node.id)!;
    for (let filter = 0; filter < 9; filter++) {
      const values = again.filters.values.subarray(filter * 54, (filter + 1) * 54);
      expect(values.filter(w => w === own[filter]).length).toBeGreaterThan(15);
    }
  });

  test.each([undefined, "engine"])("is measured and recovered (%s)", async kind => {
    const engine = kind === undefined ? undefined : await openEngine(1);
    const measuring = { engine, inputs: inputs(12) };
    const pruning = choosePruned(NETWORK, OPTIONS);
    const dense = await measureDense(pruning, measuring);
    const recoveries = [
      pruneGraph(pruning, { mean: false, bias: false }, dense),
      pruneGraph(pruning, { mean: true, bias: false }, dense),
      pruneGraph(pruning, { mean: false, bias: true }, dense),
    ];
    const [zero, mean, bias] = await Promise.all(
      recoveries.map(async recovered => [
        ...(await layerErrors(pruning, recovered, measuring)).values(),
      ]),
    );
    // What a corrected bias takes away is the mean of the error: the rest is smaller.
    zero!.forEach((error, i) => {
      expect(error).toBeGreaterThan(0.01);
      expect(bias![i]!).toBeLessThan(error);
      expect(mean![i]!).not.toBe(error);
    });
  });

  test("gets a bias with which no layer is off on average", async () => {
    const measuring = { inputs: inputs(8) };
    const pruning = choosePruned(NETWORK, { ...OPTIONS, roles: ["depthwise"] });
    const dense = await measureDense(pruning, measuring);
    const { graph } = pruneGraph(pruning, { mean: false, bias: true }, dense);
    // Only this layer changed, so its inputs are what was measured.
    const [, layer] = prunableLayers(graph);
    const [moments] = await measureMoments(graph, [layer!], measuring);
    const [, original] = prunableLayers(pruning.graph);
    const wanted = dense.moments.get(original!.node.id)!;
    wanted.means.forEach((mean, c) => {
      expect(moments!.means[c]!).toBeCloseTo(mean, 4);
    });
  });

  test("gets the moments of every pruned layer back, the means of filters too", async () => {
    const measuring = { inputs: inputs(8) };
    const pruning = choosePruned(NETWORK, OPTIONS);
    const dense = await measureDense(pruning, measuring);
    const pruned = pruneGraph(pruning, { mean: true, bias: false }, dense);
    const { graph, means } = await reestimateGraph(pruning, pruned, dense, measuring);
    const layers = prunableLayers(graph);
    for (const index of [2, 3]) {
      const [moments] = await measureMoments(graph, [layers[index]!], measuring);
      const { id } = pruning.layers[index]!.node;
      const wanted = dense.moments.get(id)!;
      wanted.means.forEach((mean, c) => {
        expect(moments!.means[c]!).toBeCloseTo(mean, 3);
        expect(moments!.squares[c]! / wanted.squares[c]!).toBeCloseTo(1, 2);
      });
      const { values, depth } = layers[index]!.filters;
      const flags = pruning.pruned.get(id)!;
      flags.forEach((flag, i) => {
        if (flag === 1) expect(values[i]).toBe(means.get(id)![Math.floor(i / depth)]);
      });
    }
  });

  test("computes the same if nothing goes", () => {
    const nothing = choosePruned(NETWORK, { ...OPTIONS, sparsity: 0 });
    const { graph: same } = pruneGraph(nothing, { mean: true, bias: false });
    const [given] = inputs(1);
    const of = (which: Graph) => toNumbers(evaluate(which, { x: given! }).y!);
    expect(of(same)).toEqual(of(NETWORK));
  });
});
