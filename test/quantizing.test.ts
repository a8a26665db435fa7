/** @file Quantising a float network: ranges, keys, ternary weights, what fails and how. */

import { describe, expect, test } from "vitest";
import { quantizationFor } from "../compiler/passes/activation-format.ts";
import { bestRange } from "../compiler/passes/best-range.ts";
import { calibrate, lowerPasses, preparePasses, runPasses } from "../compiler/passes/index.ts";
import { quantizationPoints } from "../compiler/passes/quantization-points.ts";
import { ternarize } from "../compiler/passes/quantize-weights.ts";
import { valueKeys } from "../compiler/passes/value-keys.ts";
import { chooseWeightForms } from "../compiler/passes/weight-policy.ts";
import { Histogram } from "../core/histogram.ts";
import { tensorOf } from "../core/tensor.ts";
import { parseGraph } from "../model/ir/parse.ts";
import { codesOf } from "./errors/diagnostics.ts";
import { Random } from "./fuzz/random.ts";

const CONV =
  "{dilations=[1, 1], group=1, kernel=[1, 1], layout=nhwc, pads=[0, 0, 0, 0], strides=[1, 1]}";
const NETWORK = parseGraph(`graph net(%0 x: f32[1,2,2,1]) {
  %1 = const f32[1,1,1,1](2)
  %2 = conv %0, %1 ${CONV} : f32[1,2,2,1]  // a
  %3 = conv %2, %1 ${CONV} : f32[1,2,2,1]  // b
  %4 = conv %3, %1 ${CONV} : f32[1,2,2,1]  // b
  return y = %4
}
`);

describe("the range of a value", () => {
  test("is whole for an even spread", () => {
    const histogram = new Histogram();
    histogram.add(Float32Array.from({ length: 5000 }, (_, i) => i / 5000 - 0.25));
    const { min, max } = bestRange(histogram, 256);
    expect(min).toBeCloseTo(-0.25, 2);
    expect(max).toBeCloseTo(0.75, 2);
  });

  test("leaves out a lone outlier, which a minimum and maximum would not", () => {
    const random = new Random(1);
    const histogram = new Histogram();
    for (let i = 0; i < 100; i++) histogram.add(random.f32([5000], -1, 1).data);
    histogram.add(Float32Array.of(8));
    expect(histogram.extremes().max).toBe(8);
    expect(bestRange(histogram, 256).max).toBeLessThan(6);
    expect(bestRange(histogram, 256).max).toBeGreaterThan(2);
    expect(bestRange(histogram, 256).min).toBeLessThan(-0.95);
  });

  test("is narrower for few levels", () => {
    const random = new Random(4);
    const histogram = new Histogram();
    for (let i = 0; i < 20; i++) {
      histogram.add(random.f32([2000], 0, 1).data.map(x => (x > 0.5 ? 8 * (x - 0.5) ** 4 : 0)));
    }
    expect(bestRange(histogram, 16).max).toBeLessThan(0.97 * bestRange(histogram, 256).max);
  });

  test("by percentiles leaves out the share that is asked for", () => {
    const histogram = new Histogram();
    histogram.add(Float32Array.from({ length: 1000 }, (_, i) => (i + 0.5) / 1000));
    histogram.add(new Float32Array(1000));
    expect(histogram.percentiles(0.9)).toEqual({ min: 0, max: expect.closeTo(0.8, 2) });
    expect(histogram.percentiles(1).max).toBeCloseTo(1, 2);
    const both = new Histogram();
    both.add(Float32Array.from({ length: 1000 }, (_, i) => (i + 0.5) / 500 - 1));
    expect(both.percentiles(0.95)).toEqual({
      min: expect.closeTo(-0.9, 2),
      max: expect.closeTo(0.9, 2),
    });
  });

  test("does not depend on how values are cut into pieces", () => {
    const values = new Random(2).f32([4000], -3, 5).data;
    const [whole, pieces] = [new Histogram(), new Histogram()];
    whole.add(values);
    for (let i = 0; i < 4000; i += 100) pieces.add(values.subarray(i, i + 100));
    expect(bestRange(pieces, 256)).toEqual(bestRange(whole, 256));
  });

  test("holds 0 exactly; after a clamp at 0 it is -128", () => {
    expect(quantizationFor([0, 2.55])).toEqual({ scale: Math.fround(0.01), zeroPoint: -128 });
    expect(quantizationFor([-1.28, 1.27]).zeroPoint).toBe(0);
    expect(quantizationFor([0.5, 1]).zeroPoint).toBe(-128);
    expect(quantizationFor([-3, -1]).zeroPoint).toBe(127);
    expect(quantizationFor([0, 1.27], "u7")).toEqual({ scale: Math.fround(0.01), zeroPoint: 0 });
    expect(quantizationFor([-0.1, 1], "u7")).toEqual(quantizationFor([-0.1, 1]));
    expect(quantizationFor([0, 1.5], "u4")).toEqual({
      scale: Math.fround(0.1),
      zeroPoint: 0,
      clamp: { min: 0, max: 1.5 },
    });
    expect(quantizationFor([-0.1, 1], "u4")).toEqual(quantizationFor([-0.1, 1]));
    expect(quantizationFor([0, 0])).toEqual({ scale: 1, zeroPoint: -128 });
  });
});

describe("calibrating", () => {
  const prepared = runPasses(NETWORK, preparePasses({ weights: "int8" }));
  const sample = (...values: number[]) => ({ x: tensorOf("f32", [1, 2, 2, 1], values) });

  test("measures the inputs of integer layers, by name where names are unique", () => {
    const ranges = calibrate(prepared, [sample(0, 1, 2, -1), sample(0, 3, 0, 0)]);
    expect(Object.keys(ranges)).toEqual(["x", "a", "conv:1"]);
    expect(ranges.x).toEqual([-1, 3]);
    const keys = valueKeys(prepared);
    expect(quantizationPoints(prepared).map(id => keys[id])).toEqual(Object.keys(ranges));
  });

  test("needs samples, and finite values", () => {
    expect(codesOf(() => calibrate(prepared, []))).toEqual(["compile/needs-calibration"]);
    const bad = sample(0, Infinity, NaN, 1);
    expect(codesOf(() => calibrate(prepared, [bad]))).toEqual(
      new Array(3).fill("graph/non-finite"),
    );
  });

  test("needs samples of the right shape", () => {
    const wrong = { x: tensorOf("f32", [2, 2], [1, 2, 3, 4]) };
    expect(codesOf(() => calibrate(prepared, [wrong]))).toEqual(["run/wrong-shape"]);
  });

  test("lowering with ranges of another model says which are missing", () => {
    const passes = lowerPasses({ ranges: { x: [0, 1] }, supports: () => undefined });
    expect(() => runPasses(prepared, passes)).toThrow(/2 values have no calibrated range/);
  });
});

describe("ternary weights", () => {
  test("are the nearest ones: no other choice of trits comes closer", () => {
    const random = new Random(3);
    for (let round = 0; round < 200; round++) {
      const weights = random.f32([6], -1, 1).data;
      const { trits, scale } = ternarize(weights);
      const error = distance(weights, trits, scale);
      expect(error).toBeLessThanOrEqual(smallestDistance(weights) + 1e-6);
    }
  });

  test("of zeros are zeros", () => {
    expect(ternarize(new Float32Array(4))).toEqual({ trits: new Int8Array(4), scale: 0 });
  });

  test("leave the ends of the network at int8", () => {
    expect([...chooseWeightForms(NETWORK, "ternary").values()]).toEqual([
      "int8",
      "ternary",
      "int8",
    ]);
    expect([...chooseWeightForms(NETWORK, "auto").values()]).toEqual(["keep", "keep", "keep"]);
  });
});

function distance(weights: Float32Array, trits: ArrayLike<number>, scale: number): number {
  return weights.reduce((sum, w, i) => sum + (w - scale * trits[i]!) ** 2, 0);
}

/** Over all 3^n choices of trits, each with its best scale. */
function smallestDistance(weights: Float32Array): number {
  let least = Infinity;
  for (let choice = 0; choice < 3 ** weights.length; choice++) {
    const trits = Array.from(weights, (_, i) => (Math.floor(choice / 3 ** i) % 3) - 1);
    const norm = trits.reduce((sum, t) => sum + t * t, 0);
    const product = trits.reduce((sum, t, i) => sum + t * weights[i]!, 0);
    least = Math.min(least, distance(weights, trits, norm === 0 ? 0 : product / norm));
  }
  return least;
}
