/** @file Every lowering, compiled in every tier, gives the oracle's bits. */

import { describe, expect, test } from "vitest";
import { LOWERED_KINDS } from "../compiler/index.ts";
import type { SimdTier } from "../core/abi.ts";
import { randomGraph, randomInputs } from "./fuzz/random-graph.ts";
import { compileAsIs, compileGraph, mismatch } from "./plan/compile-and-compare.ts";
import { inputsFor, OP_CASES } from "./plan/op-graphs.ts";

describe("a lowering gives the oracle's bits", () => {
  test.each(OP_CASES)("$name", ({ graph }) => {
    const compiled = (simd: SimdTier) => compileAsIs(graph, { simd });
    expect(mismatch(compiled, inputsFor(graph))).toBeUndefined();
  });

  test("no kind is left out", () => {
    const covered = new Set(OP_CASES.flatMap(({ graph }) => graph.nodes.map(node => node.kind)));
    expect(LOWERED_KINDS.filter(kind => !covered.has(kind))).toEqual([]);
  });
});

describe("a whole network gives the oracle's bits", () => {
  const seeds = Array.from({ length: 12 }, (_, i) => 500 + i);

  test.each(seeds)("in f32, with every form of weights (seed %i)", seed => {
    const weights = ["f32", "ternary", "i8", "i2"] as const;
    const graph = randomGraph(seed, { weights, batch: 1 + (seed % 2) });
    const compiled = (simd: SimdTier) => compileGraph(graph, { simd });
    expect(mismatch(compiled, randomInputs(graph, seed))).toBeUndefined();
  });

  test.each(seeds)("in 8 bits (seed %i)", seed => {
    const graph = randomGraph(seed, { layers: 5 });
    const samples = [1, 2].map(i => randomInputs(graph, i));
    const weights = seed % 2 === 0 ? "ternary" : "int8";
    const compiled = (simd: SimdTier) => compileGraph(graph, { simd, weights, samples });
    expect(mismatch(compiled, randomInputs(graph, seed))).toBeUndefined();
  });
});
