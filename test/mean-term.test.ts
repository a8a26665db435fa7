/** @file The term of a sum that stands for means: its roundings, its bounds, its lanes. */

import { describe, expect, test } from "vitest";
import { deriveMeanTerm, meanOf, meanRange } from "../core/mean-term.ts";
import { multiplyQ15, shiftToInt16 } from "../core/requantize.ts";

describe("a mean term", () => {
  test("is within the roundings of t and of the product", () => {
    for (const ratio of [0.001, -0.2, 0.93, 1, -7.3, 120]) {
      for (const depth of [1, 144, 576, 4608]) {
        const sums = { min: -128 * depth, max: 127 * depth };
        const mean = deriveMeanTerm([ratio, ratio / 3], sums)!;
        const unit = 2 ** -mean.fraction;
        for (const sum of [sums.min, sums.max, 0, 1, depth, -17]) {
          // t is off by half a step of 2^p, n by half of one.
          const slack = 0.5 + 0.5 * 2 ** mean.shift * Math.abs(ratio) + 0.5 * 32768 * unit;
          expect(Math.abs(meanOf(sum, mean, 0) - ratio * sum)).toBeLessThanOrEqual(slack + 1);
          const { min, max } = meanRange(sums, mean, 1);
          expect(meanOf(sum, mean, 1)).toBeGreaterThanOrEqual(min);
          expect(meanOf(sum, mean, 1)).toBeLessThanOrEqual(max);
        }
      }
    }
  });

  test("is one multiplication of 16-bit lanes where its fraction is 15", () => {
    const mean = deriveMeanTerm([0.3, -0.11], { min: -40000, max: 39000 })!;
    expect(mean).toMatchObject({ shift: 1, fraction: 15 });
    for (let sum = -40000; sum <= 39000; sum += 61) {
      const t = shiftToInt16(sum, mean.shift);
      expect(meanOf(sum, mean, 1)).toBe(multiplyQ15(t, mean.multipliers[1]!));
    }
  });

  test("is refused where 16 bits cannot hold the ratio", () => {
    expect(deriveMeanTerm([5e4], { min: -128, max: 127 })).toBeUndefined();
    expect(deriveMeanTerm([20000], { min: -128 * 4608, max: 127 * 4608 })).toBeUndefined();
  });
});
