/** @file The checker of steps finds what threads must not do at one time. */

import { describe, expect, test } from "vitest";
import { checkSteps, type StepClaims } from "../compiler/plan/threads/check-steps.ts";
import { stepClaimsOf } from "../compiler/plan/threads/index.ts";
import { compileAsIs } from "./plan/compile-and-compare.ts";
import { FREE_BARRIERS as costs } from "./plan/free-barriers.ts";
import { residualBlock } from "./plan/plane-graphs.ts";

describe("the checker of steps", () => {
  const { plan } = compileAsIs(residualBlock(9), { threads: 2, costs });
  const sound = stepClaimsOf(plan);
  const run = (offset: number, bytes: number, block = "a") => ({
    block,
    offset,
    bytes,
    repeats: [],
  });
  const call = (origin: number, reads: [number, number][], writes: [number, number][]) => ({
    kernel: "k",
    origin,
    reads: reads.map(([at, bytes]) => run(at, bytes)),
    writes: writes.map(([at, bytes]) => run(at, bytes)),
  });
  const claims = (...steps: StepClaims["steps"]): StepClaims => ({
    arenaOffset: 64,
    totalBytes: 256,
    own: new Set(["mine"]),
    calls: [0, 1].map(i => ({ writes: [run(64 + 64 * i, 32)] })),
    steps,
  });
  const first = call(0, [[200, 8]], [[64, 32]]);
  const second = call(1, [[200, 8]], [[128, 32]]);
  const reader = call(1, [[64, 8]], [[128, 32]]);
  const halves = [call(0, [], [[64, 16]]), call(0, [], [[80, 16]])] as const;

  test("accepts sound divisions", () => {
    expect(checkSteps(sound)).toEqual([]);
    expect(checkSteps(claims([[first], [second]]))).toEqual([]);
    expect(checkSteps(claims([[first], []], [[], [reader]]))).toEqual([]);
    expect(checkSteps(claims([[first, reader], []]))).toEqual([]);
    expect(checkSteps(claims([[halves[0]], [halves[1]]], [[reader], []]))).toEqual([]);
    // What a thread keeps for itself is written again, by a call that is earlier in the plan.
    const [early, late] = [first, second].map(each => ({
      ...each,
      writes: [run(220, 32, "mine")],
    })) as [typeof first, typeof second];
    expect(checkSteps(claims([[late], []], [[early], []]))).toEqual([]);
  });

  test.each([
    ["a byte that one thread writes and another reads", [[[first], [reader]]], /which another/],
    ["a byte that both write", [[[call(0, [], [[64, 80]])], [second]]], /another thread writes/],
    [
      "calls in another order",
      [
        [[reader], []],
        [[first], []],
      ],
      /a later call/,
    ],
    ["calls in another order on a thread", [[[reader, first], []]], /a later call/],
    [
      "half a call",
      [
        [[halves[0]], []],
        [[reader], []],
      ],
      /call 0 .* not done/,
    ],
    ["a call that is left out", [[[first], []]], /call 1 .* not done/],
    [
      "scratch memory that nobody filled",
      [[[first], [{ ...second, reads: [run(220, 8, "mine")] }]]],
      /the call before did not write/,
    ],
  ] as const)("finds %s", (_what, steps, fault) => {
    const faults = checkSteps(claims(...steps)).join("\n");
    expect(faults).toMatch(fault);
  });

  test("finds every barrier of a real plan that is left out", () => {
    const { steps } = sound;
    const needed = steps.slice(1).filter((_, i) => {
      const joined = steps[i]!.map((own, thread) => [...own, ...steps[i + 1]![thread]!]);
      return checkSteps({ ...sound, steps: steps.toSpliced(i, 2, joined) }).length > 0;
    });
    expect(needed.length).toBe(steps.length - 1);
  });

  test("finds calls of a block whose sums wait that are given to two threads", () => {
    const { steps } = sound;
    const index = steps.findIndex(([own]) => own!.some(({ kernel }) => kernel.endsWith("/1")));
    const [own, other] = steps[index]!;
    const moved = [own!.slice(0, 1), [...own!.slice(1), ...other!]];
    expect(checkSteps({ ...sound, steps: steps.with(index, moved) })).not.toEqual([]);
  });
});
