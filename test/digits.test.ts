/** @file Weights as digits of −1, 0 and +1. */

import { describe, expect, test } from "vitest";
import { digitOf, MAX_PLACES } from "../compiler/specialize/digits.ts";

const PLACES = Array.from({ length: MAX_PLACES }, (_, i) => i + 1);

function digitsOf(weight: number, places: number): number[] {
  return Array.from({ length: places }, (_, place) => digitOf(weight, { place, places }));
}

describe.each(PLACES)("within %i places", places => {
  const most = 2 ** places - 1;
  const weights = Array.from({ length: 2 * most + 1 }, (_, i) => i - most);

  test("digits add up to each weight", () => {
    for (const weight of weights) {
      const digits = digitsOf(weight, places);
      expect(digits.every(digit => Math.abs(digit) <= 1)).toBe(true);
      expect(digits.reduce((sum, digit, place) => sum + digit * 2 ** place, 0)).toBe(weight);
    }
  });

  test("those of −w are those of w, with the other sign", () => {
    for (const weight of weights) {
      expect(digitsOf(-weight, places)).toEqual(digitsOf(weight, places).map(digit => 0 - digit));
    }
  });

  test("no digits that fit are fewer", () => {
    const fewest = new Map<number, number>();
    for (let code = 0; code < 3 ** places; code++) {
      const digits = Array.from({ length: places }, (_, p) => (Math.floor(code / 3 ** p) % 3) - 1);
      const weight = digits.reduce((sum, digit, place) => sum + digit * 2 ** place, 0);
      const count = digits.filter(digit => digit !== 0).length;
      fewest.set(weight, Math.min(count, fewest.get(weight) ?? places));
    }
    for (const weight of weights) {
      expect(digitsOf(weight, places).filter(digit => digit !== 0)).toHaveLength(
        fewest.get(weight)!,
      );
    }
  });
});
