/** @file The memory planner: sound, aligned, and as small as the lower bound where that is possible. */

import { describe, expect, test } from "vitest";
import { type Lifetime, planMemory } from "../compiler/plan/memory.ts";
import { BLOCK_ALIGNMENT } from "../compiler/plan/plan.ts";
import { Random } from "./fuzz/random.ts";

function life(bytes: number, firstUse: number, lastUse: number): Lifetime {
  return { name: `${bytes}@${firstUse}`, bytes, firstUse, lastUse };
}

function clashes(lives: readonly Lifetime[], offsets: readonly number[]): string[] {
  return lives.flatMap((a, i) =>
    lives.slice(i + 1).flatMap((b, j) => {
      const [x, y] = [offsets[i]!, offsets[i + 1 + j]!];
      const together = a.firstUse <= b.lastUse && b.firstUse <= a.lastUse;
      return together && x < y + b.bytes && y < x + a.bytes ? [`${a.name} and ${b.name}`] : [];
    }),
  );
}

describe("the memory planner", () => {
  test("lets buffers of a chain take turns", () => {
    const chain = [life(64, 0, 1), life(128, 1, 2), life(32, 2, 3), life(96, 3, 4)];
    const { bytes, lowerBoundBytes } = planMemory(chain);
    expect(lowerBoundBytes).toBe(192);
    expect(bytes).toBe(192);
  });

  test("finds the packing that no rule of thumb finds", () => {
    const lives = [life(48, 0, 2), life(16, 0, 0), life(32, 1, 3), life(16, 3, 5), life(48, 4, 5)];
    const { bytes, lowerBoundBytes } = planMemory(lives);
    expect(bytes).toBe(lowerBoundBytes);
  });

  test("plans nothing for nothing", () => {
    expect(planMemory([])).toEqual({ offsets: [], bytes: 0, lowerBoundBytes: 0 });
  });

  test("keeps live buffers apart and aligned, near the bound, on random lives", () => {
    const random = new Random(11);
    let planned = 0;
    let bound = 0;
    for (let round = 0; round < 40; round++) {
      const lives = Array.from({ length: random.integer(1, 25) }, () => {
        const first = random.integer(0, 20);
        return life(random.integer(1, 900), first, first + random.integer(0, 5));
      });
      const { offsets, bytes, lowerBoundBytes } = planMemory(lives);
      expect(clashes(lives, offsets)).toEqual([]);
      expect(offsets.every(offset => offset % BLOCK_ALIGNMENT === 0)).toBe(true);
      expect(lives.every((own, i) => offsets[i]! + own.bytes <= bytes)).toBe(true);
      expect(bytes).toBeGreaterThanOrEqual(lowerBoundBytes);
      planned += bytes;
      bound += lowerBoundBytes;
    }
    expect(planned / bound).toBeLessThan(1.02);
  });

  test("gives the same plan twice", () => {
    const random = new Random(5);
    const lives = Array.from({ length: 30 }, (_, i) => life(random.integer(1, 500), i, i + 4));
    expect(planMemory(lives)).toEqual(planMemory(lives));
  });
});
