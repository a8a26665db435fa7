/** @file The integer form of a layer stays within a step of the real layer. */

import { describe, expect, test } from "vitest";
import {
  deriveConvDequantization,
  deriveConvRequantization,
  INT8_RANGE,
  quantizeClamp,
  summarizeWeights,
} from "../core/quantized-layer.ts";
import { requantize } from "../core/requantize.ts";

const input = { scale: 0.02, zeroPoint: -5, ...INT8_RANGE };
const output = { scale: 0.05, zeroPoint: 3, ...INT8_RANGE };

function accumulate(weights: readonly number[], q: readonly number[], bias: number): number {
  return weights.reduce((acc, w, i) => acc + w * q[i]!, bias);
}

describe("a quantised layer", () => {
  const weights = [
    [1, -1, 0, 1],
    [100, -127, 3, 64],
    [0, 0, 0, 0],
  ];
  const scales = [0.7, 0.004, 0];
  const bias = [0.3, -1.25, 2.5];
  const summary = summarizeWeights(weights.flat(), scales);

  test("sums weights and their magnitudes per channel", () => {
    expect(summary.sums).toEqual([1, 40, 0]);
    expect(summary.norms).toEqual([3, 294, 0]);
  });

  test("stays within one step of the real layer, also without weights", () => {
    const layer = { input, weights: summary, bias };
    const derived = deriveConvRequantization(layer, output);
    for (let seed = 0; seed < 200; seed++) {
      const q = [0, 1, 2, 3].map(i => ((seed * 37 + i * 91) % 256) - 128);
      weights.forEach((row, c) => {
        const real = row.reduce(
          (sum, w, i) => sum + w * scales[c]! * input.scale * (q[i]! - input.zeroPoint),
          bias[c]!,
        );
        const ideal = Math.min(Math.max(real / output.scale + output.zeroPoint, -128), 127);
        const acc = accumulate(row, q, derived.bias[c]!);
        const got = requantize(acc, derived.requantization, c);
        expect(Math.abs(got - ideal)).toBeLessThanOrEqual(1);
      });
    }
  });

  test("dequantises to the real layer", () => {
    const derived = deriveConvDequantization({ input, weights: summary, bias });
    const q = [10, -20, 127, -128];
    const real = weights.map((row, c) =>
      row.reduce((s, w, i) => s + w * scales[c]! * input.scale * (q[i]! + 5), bias[c]!),
    );
    weights.forEach((row, c) => {
      const acc = accumulate(row, q, derived.bias[c]!);
      expect(Math.abs(acc * derived.scales[c]! - real[c]!)).toBeLessThan(0.008);
    });
  });

  test("takes the fast path exactly when every sum fits 16 bits", () => {
    const ones = (k: number) => summarizeWeights(new Array<number>(k).fill(1), [1]);
    const shiftOf = (k: number) =>
      deriveConvRequantization(
        { input: { scale: 1, zeroPoint: 0, ...INT8_RANGE }, weights: ones(k) },
        { scale: 40, zeroPoint: 0, ...INT8_RANGE },
      ).requantization.shift;
    expect(shiftOf(255)).toBe(0);
    expect(shiftOf(257)).toBeGreaterThan(0);
  });

  test("turns a clamp into bounds of q", () => {
    expect(quantizeClamp({ min: 0, max: 6 }, { scale: 6 / 255, zeroPoint: -128 })).toEqual({
      min: -128,
      max: 127,
    });
    expect(quantizeClamp({ min: 0, max: Infinity }, { scale: 0.1, zeroPoint: 0 }).min).toBe(0);
    expect(quantizeClamp(undefined, output)).toEqual(INT8_RANGE);
  });

  test("says where 16 bits cannot hold a channel beside another", () => {
    const holds = (scale: number, own: number): boolean => {
      const two = summarizeWeights([100, -127, 100, 127], [0.01, scale]);
      const layer = { input, weights: two, bias: [0, own] };
      return deriveConvRequantization(layer, { ...output, scale: 0.01 }).holds;
    };
    expect(holds(0.01, 1)).toBe(true);
    expect(holds(1e-5, 0)).toBe(true);
    expect(holds(1e-5, 1)).toBe(false);
    expect(holds(1e-30, 1)).toBe(false);
  });

  test("says where 32 bits cannot hold a bias", () => {
    const holds = (own: number): boolean =>
      deriveConvDequantization({
        input,
        weights: summarizeWeights([3], [1e-8]),
        bias: [own],
      }).holds;
    expect(holds(0.1)).toBe(true);
    expect(holds(1)).toBe(false);
  });

  test("counts padding among the inputs that bound its sums", () => {
    const shiftOf = (zeroPoint: number) =>
      deriveConvRequantization(
        {
          input: { scale: 1, zeroPoint, min: 100, max: 110 },
          weights: summarizeWeights([...Array(200).fill(1), ...Array(200).fill(-1)], [1]),
        },
        { scale: 40, zeroPoint: 0, ...INT8_RANGE },
      ).requantization.shift;
    expect(shiftOf(100)).toBe(0);
    expect(shiftOf(-128)).toBeGreaterThan(0);
  });
});
