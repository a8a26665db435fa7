/** @file Random networks are valid in both layouts, and ONNX Runtime computes what we do. */

import { describe, expect, test } from "vitest";
import { toNumbers } from "../../core/tensor.ts";
import { writeOnnx } from "../../model/onnx/index.ts";
import { evaluate, verifyGraph } from "../../model/ops/index.ts";
import { runOnnxRuntime } from "../onnx/onnx-runtime.ts";
import { randomGraph, randomInputs } from "./random-graph.ts";

const WEIGHTS = ["f32", "ternary", "i8", "i2"] as const;
/** Of the largest value: sums in another order, and another exponential. */
const TOLERANCE = 1e-4;

/** Its optimiser folds pads into pools that its own pools then refuse. */
const PLAIN = { optimize: false };

describe("random networks", () => {
  test.each(["nchw", "nhwc"] as const)("are valid and finite in %s", layout => {
    for (let seed = 0; seed < 60; seed++) {
      const graph = randomGraph(seed, { layout, weights: WEIGHTS, batch: 1 + (seed % 2) });
      verifyGraph(graph);
      for (const value of Object.values(evaluate(graph, randomInputs(graph, seed)))) {
        expect(toNumbers(value).every(Number.isFinite), `seed ${seed}`).toBe(true);
      }
    }
  });

  test("use every kind of layer, and only those asked for", () => {
    const kinds = new Set<string>();
    for (let seed = 0; seed < 60; seed++) {
      for (const { kind } of randomGraph(seed).nodes) kinds.add(kind);
    }
    const expected = ["conv", "batch-normalization", "max-pool", "average-pool", "add", "concat"];
    for (const kind of [...expected, "pad", "slice", "gemm", "softmax"])
      expect(kinds).toContain(kind);
    const only = randomGraph(1, { only: ["clamp"], head: false, layers: 9 }).nodes;
    expect(new Set(only.map(({ kind }) => kind))).toEqual(new Set(["input", "clamp"]));
  });

  test("agree with ONNX Runtime", async () => {
    for (let seed = 100; seed < 150; seed++) {
      const graph = randomGraph(seed);
      const inputs = randomInputs(graph, seed);
      const own = evaluate(graph, inputs);
      const theirs = await runOnnxRuntime(writeOnnx(graph), inputs, PLAIN);
      for (const [name, value] of Object.entries(own)) {
        const size = Math.max(1, ...toNumbers(value).map(Math.abs));
        const differences = toNumbers(theirs[name]!).map((y, i) =>
          Math.abs(y - Number(value.data[i])),
        );
        expect(Math.max(...differences) / size, `seed ${seed}`).toBeLessThan(TOLERANCE);
      }
    }
  });
});
