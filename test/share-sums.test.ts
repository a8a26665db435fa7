/** @file Shared sums stand for the sums that were asked for, with fewer additions. */

import { describe, expect, test } from "vitest";
import { findSums, type Term, termsOf } from "../compiler/specialize/share-sums.ts";
import { Random } from "../core/random.ts";

describe("shared sums", () => {
  test.each([0.33, 0.5, 0.7, 0.9])(
    "compute what they stand for, with fewer additions: %d",
    zeros => {
      const random = new Random(3, zeros * 100);
      const [plus, minus] = [masks(random), masks(random)];
      for (let tap = 0; tap < plus.length; tap++) {
        const kept = random.uniform() < 1 - zeros ? 0xfff : random.next() & random.next() & 0xfff;
        plus[tap]! &= kept;
        minus[tap]! &= kept & ~plus[tap]!;
      }
      const terms = termsOf(plus, minus, findSums(plus, minus));
      const values = plus.map(() => random.integer(-128, 127));
      for (let channel = 0; channel < 12; channel++) {
        const direct = values.reduce(
          (sum, v, t) => sum + v * signAt(plus[t]!, minus[t]!, channel),
          0,
        );
        const shared = terms.reduce(
          (sum, term, i) =>
            sum + termValue(terms, values, i) * signAt(term.plus, term.minus, channel),
          0,
        );
        expect(shared).toBe(direct);
      }
      expect(additions(terms)).toBeLessThan(bits(plus) + bits(minus));
    },
  );

  test("every sum has one place, and few registers", () => {
    const random = new Random(4);
    const plus = masks(random);
    const minus = masks(random).map((mask, tap) => mask & ~plus[tap]!);
    const terms = termsOf(plus, minus, findSums(plus, minus));
    const parts = terms.flatMap(term => (term.parts ? [term.parts.a, term.parts.b] : []));
    const sums = parts.filter(index => terms[index]!.parts !== undefined);
    expect(new Set(sums).size).toBe(sums.length);
    expect(Math.max(...terms.map(term => term.strahler))).toBeLessThanOrEqual(3);
  });
});

function masks(random: Random): number[] {
  return Array.from({ length: 300 }, () => random.next() & random.next() & 0xfff);
}

function signAt(plus: number, minus: number, channel: number): number {
  return ((plus >> channel) & 1) - ((minus >> channel) & 1);
}

function termValue(terms: readonly Term[], values: readonly number[], index: number): number {
  const { parts } = terms[index]!;
  if (parts === undefined) return values[index]!;
  const right = termValue(terms, values, parts.b);
  return termValue(terms, values, parts.a) + (parts.subtract ? -right : right);
}

function bits(list: readonly number[]): number {
  return list.reduce((sum, mask) => sum + mask.toString(2).replaceAll("0", "").length, 0);
}

function additions(terms: readonly Term[]): number {
  return (
    bits(terms.map(term => term.plus)) +
    bits(terms.map(term => term.minus)) +
    terms.filter(term => term.parts !== undefined).length
  );
}
