import fc from "fast-check";
import { expect, test } from "vitest";
import { groupSimilar } from "../compiler/specialize/similar-channels.ts";
import { Random } from "./fuzz/random.ts";

const trits = fc.record({
  taps: fc.integer({ min: 0, max: 70 }),
  sizes: fc.array(fc.integer({ min: 1, max: 14 }), { minLength: 1, maxLength: 5 }),
  seed: fc.nat(),
});

test("every channel is in one group, and groups have their sizes", () => {
  fc.assert(
    fc.property(trits, ({ taps, sizes, seed }) => {
      const count = sizes.reduce((sum, size) => sum + size, 0);
      const channels = Array.from({ length: count }, (_, i) => 3 + i);
      const weights = new Random(seed).integers("i8", [(3 + count) * taps], -1, 1).data;
      const groups = groupSimilar(weights, taps, channels, sizes);
      expect(groups.map(group => group.length)).toEqual(sizes);
      expect(groups.flat().sort((a, b) => a - b)).toEqual(channels);
      for (const group of groups) expect(group).toEqual(group.toSorted((a, b) => a - b));
    }),
  );
});

/** How alike two channels are: squares of the taps in which they agree, and in which they are opposite. */
function likenessOf(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const products = Array.from({ length: a.length }, (_, tap) => a[tap]! * b[tap]!);
  const count = (sign: number): number => products.filter(product => product === sign).length;
  return count(1) ** 2 + count(-1) ** 2;
}

test("no exchange of two channels would make their blocks more alike", () => {
  for (let seed = 0; seed < 10; seed++) {
    const [taps, count] = [60, 12];
    const weights = new Random(seed).integers("i8", [count * taps], -1, 1).data;
    const rows = Array.from({ length: count }, (_, c) => weights.slice(c * taps, (c + 1) * taps));
    const groups = groupSimilar(weights, taps, [...rows.keys()], [4, 4, 4]);
    const total = (channel: number, group: readonly number[]): number =>
      group
        .filter(other => other !== channel)
        .reduce((sum, other) => sum + likenessOf(rows[channel]!, rows[other]!), 0);
    for (const [g, one] of groups.entries()) {
      for (const other of groups.slice(0, g)) {
        for (const a of one) {
          for (const b of other) {
            const left = [...one.filter(c => c !== a), b];
            const right = [...other.filter(c => c !== b), a];
            const before = total(a, one) + total(b, other);
            expect(total(b, left) + total(a, right)).toBeLessThanOrEqual(before);
          }
        }
      }
    }
  }
});

test("channels that differ from one of few filters in little come together, whatever their sign", () => {
  const [families, size, taps] = [3, 4, 200];
  const random = new Random(5);
  const models = Array.from({ length: families }, () => random.integers("i8", [taps], -1, 1).data);
  const weights = Array.from({ length: families * size }, (_, channel) =>
    Array.from(models[channel % families]!, weight => {
      const sign = channel % 2 === 0 ? 1 : -1;
      return random.chance(0.1) ? random.integer(-1, 1) : sign * weight;
    }),
  ).flat();
  const channels = Array.from({ length: families * size }, (_, i) => i);
  const groups = groupSimilar(weights, taps, channels, [size, size, size]);
  for (const group of groups) expect(new Set(group.map(c => c % families)).size).toBe(1);
});
