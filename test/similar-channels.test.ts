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
