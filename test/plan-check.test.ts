/** @file The memory checker accepts sound plans and names the fault of broken ones. */

import { describe, expect, test } from "vitest";
import { checkMemory, type MemoryClaims } from "../compiler/plan/check-memory.ts";
import { claimsOf } from "../compiler/plan/index.ts";
import { randomGraph } from "./fuzz/random-graph.ts";
import { compileGraph } from "./plan/compile-and-compare.ts";

const run = (block: string, offset: number, bytes: number) => ({
  block,
  offset,
  bytes,
  repeats: [],
});

/** input (16 bytes at 64) → a (32 at 96) → output (16 at 64, where the input was). */
const sound: MemoryClaims = {
  totalBytes: 256,
  overreadBytes: 15,
  reservedBytes: 16,
  statics: [{ name: "w", offset: 16, bytes: 20 }],
  arenaOffset: 64,
  buffers: [
    { name: "input", offset: 64, bytes: 16, firstUse: 0, lastUse: 0 },
    { name: "a", offset: 96, bytes: 32, firstUse: 0, lastUse: 1 },
    { name: "output", offset: 64, bytes: 16, firstUse: 1, lastUse: 1 },
  ],
  inputs: [run("input", 64, 16)],
  outputs: [run("output", 64, 16)],
  calls: [
    { kernel: "k", reads: [run("input", 64, 16), run("w", 16, 20)], writes: [run("a", 96, 32)] },
    { kernel: "k", reads: [run("a", 96, 32)], writes: [run("output", 64, 16)] },
  ],
};

function withBuffer(index: number, change: object): MemoryClaims {
  return { ...sound, buffers: sound.buffers.with(index, { ...sound.buffers[index]!, ...change }) };
}

function withCall(index: number, change: object): MemoryClaims {
  return { ...sound, calls: sound.calls.with(index, { ...sound.calls[index]!, ...change }) };
}

const BROKEN: readonly [string, MemoryClaims, RegExp][] = [
  ["two live buffers on one byte", withBuffer(1, { offset: 72 }), /input and a overlap/],
  ["a buffer below the arena", withBuffer(1, { offset: 48 }), /outside the arena/],
  ["a buffer at the very end", withBuffer(1, { offset: 216 }), /outside the arena/],
  ["a buffer that dies before its last reader", withBuffer(1, { lastUse: 0 }), /outside its life/],
  ["a life that ends before it begins", withBuffer(1, { firstUse: 2 }), /dies at 1/],
  ["a buffer too small", withBuffer(1, { bytes: 24 }), /reaches outside a/],
  ["a read of what was never written", withCall(0, { writes: [run("a", 96, 31)] }), /byte 127/],
  ["a write to weights", withCall(0, { writes: [run("w", 16, 4)] }), /writes to the static/],
  ["a read past weights", withCall(0, { reads: [run("w", 32, 8)] }), /reads outside w/],
  ["a buffer that is nowhere", withCall(0, { reads: [run("ghost", 64, 4)] }), /not in memory/],
  ["an output that nobody writes", withCall(1, { writes: [] }), /host reads byte 64/],
  ["weights in the library's data", { ...sound, reservedBytes: 32 }, /what precedes/],
  ["weights in the arena", { ...sound, arenaOffset: 32 }, /inside the arena/],
];

describe("the memory checker", () => {
  test("accepts a sound plan", () => {
    expect(checkMemory(sound)).toEqual([]);
  });

  test.each(BROKEN)("finds %s", (_what, claims, message) => {
    expect(checkMemory(claims).join("\n")).toMatch(message);
  });

  test("sees a buffer overwritten while its reader still waits", () => {
    const claims: MemoryClaims = {
      ...sound,
      buffers: [
        ...sound.buffers,
        { name: "thief", offset: 112, bytes: 16, firstUse: 3, lastUse: 3 },
      ],
      calls: [
        sound.calls[0]!,
        { kernel: "steal", reads: [], writes: [run("thief", 112, 16)] },
        sound.calls[1]!,
      ],
    };
    expect(checkMemory(claims).join()).toMatch(/call 1 \(steal\) touches thief outside its life/);
  });

  test("believes nothing of a read because another one was right", () => {
    const reads = [run("a", 96, 8), run("a", 96, 8), run("a", 96, 32)];
    const half = withCall(0, { writes: [run("a", 96, 16)] });
    const calls = half.calls.with(1, { ...half.calls[1]!, reads });
    expect(checkMemory({ ...half, calls }).join()).toMatch(/byte 112/);
    const rows = { block: "a", offset: 96, bytes: 8, repeats: [{ count: 2, step: 16 }] };
    const other = half.calls.with(1, { ...half.calls[1]!, reads: [run("a", 96, 8), rows] });
    expect(checkMemory({ ...half, calls: other }).join()).toMatch(/byte 112/);
  });

  test("follows repeated runs", () => {
    const rows = { block: "a", offset: 96, bytes: 4, repeats: [{ count: 4, step: 8 }] };
    expect(checkMemory(withCall(0, { writes: [rows] })).join()).toMatch(/byte 100/);
    const both = [rows, { ...rows, offset: 100 }];
    expect(checkMemory(withCall(0, { writes: both }))).toEqual([]);
  });

  test("finds every single move of a real plan's buffer onto a live neighbour", () => {
    const { plan } = compileGraph(randomGraph(3, { layers: 6 }));
    const claims = claimsOf(plan);
    expect(checkMemory(claims)).toEqual([]);
    for (const [index, own] of claims.buffers.entries()) {
      const other = claims.buffers.find(
        b => b !== own && b.firstUse <= own.lastUse && own.firstUse <= b.lastUse,
      );
      if (other === undefined) continue;
      const buffers = claims.buffers.with(index, { ...own, offset: other.offset });
      expect(checkMemory({ ...claims, buffers }).length).toBeGreaterThan(0);
    }
  });
});
