/** @file Convolutions on channel planes give the oracle's bits, and no more copies than needed. */

import { describe, expect, test } from "vitest";
import { checkMemory } from "../compiler/plan/check-memory.ts";
import { claimsOf } from "../compiler/plan/index.ts";
import { runsOnPlanes } from "../compiler/plan/lower/index.ts";
import { printPlan } from "../compiler/plan/print-plan.ts";
import type { SimdTier } from "../core/abi.ts";
import { deriveRequantization } from "../core/requantize.ts";
import { tensorOf } from "../core/tensor.ts";
import type { GraphBuilder } from "../model/ir/build.ts";
import type { Graph, NodeId } from "../model/ir/graph.ts";
import { Random } from "./fuzz/random.ts";
import { randomGraph, randomInputs } from "./fuzz/random-graph.ts";
import { compileAsIs, compileGraph, graphOf, mismatch } from "./plan/compile-and-compare.ts";
import { inputsFor } from "./plan/op-graphs.ts";
import { fourBitBlock, image, type PlaneConv, planeConv, SAME } from "./plan/plane-graphs.ts";

const random = new Random(31);

function check(graph: Graph): void {
  const compiled = () => compileAsIs(graph, { simd: "simd128" });
  expect(mismatch(compiled, inputsFor(graph), ["simd128"])).toBeUndefined();
}

function callsOf(graph: Graph): readonly string[] {
  const { plan } = compileAsIs(graph);
  return plan.calls.map(({ kernel }) => kernel.replace(/__simd128$/, ""));
}

const CONVS: readonly [string, PlaneConv][] = [
  ["1×1", {}],
  ["3×3", SAME],
  ["3×3, 13 channels", { ...SAME, channels: 13 }],
  ["5×5", { kernel: [5, 5], pads: [2, 2, 2, 2] }],
  ["5×3 without padding", { kernel: [5, 3] }],
  ["1×1, stride 2", { stride: 2 }],
  ["3×3, stride 2", { ...SAME, stride: 2 }],
  ["3×3, stride 2, padded behind", { kernel: [3, 3], stride: 2, pads: [0, 0, 1, 1] }],
  ["5×5, stride 2", { kernel: [5, 5], pads: [2, 2, 2, 2], stride: 2 }],
  ["asymmetric pads", { kernel: [2, 3], pads: [0, 2, 1, 0] }],
  ["asymmetric pads, stride 2", { kernel: [4, 4], pads: [3, 1, 0, 2], stride: 2 }],
  ["large pads", { kernel: [3, 3], pads: [2, 9, 3, 1] }],
  ["dilated", { ...SAME, dilations: [2, 2], pads: [2, 2, 2, 2] }],
  ["dilated, stride 2", { kernel: [3, 2], dilations: [1, 3], pads: [0, 3, 1, 1], stride: 2 }],
  ["shifted sums", { ...SAME, shift: true }],
];
const WIDTHS = [1, 2, 5, 7, 8, 13, 28, 32];

/** `width`, or the first at which a window of `conv` fits. */
function atLeastWindow(width: number, { kernel, pads, dilations }: PlaneConv): number {
  const reach = ((kernel?.[1] ?? 1) - 1) * (dilations?.[1] ?? 1) + 1;
  return Math.max(width, reach - (pads?.[1] ?? 0) - (pads?.[3] ?? 0));
}

/** Right column less left column, of values in 100…107: small sums, but at the edges. */
function columnDifferences(b: GraphBuilder, zeroPoint: number): NodeId {
  const x = image(b, "x", [1, 90, 4, 8]);
  const values = Array.from({ length: 256 }, (_, i) => 100 + (i % 8));
  const table = tensorOf("i8", [256], values);
  const bounded = b.add("lookup", [x], {
    table,
    quantization: { scales: [0.05], zeroPoints: [zeroPoint] },
  });
  const trits = Array.from({ length: 90 * 9 }, (_, i) => (i % 3) - 1);
  const quantization = { scales: [0.1], zeroPoints: [0], axis: 0 };
  const weights = b.constant(tensorOf("i2", [1, 90, 3, 3], trits), { quantization });
  const requantized = deriveRequantization([0.002], [2 ** 16], {
    min: -128,
    max: 127,
    zeroPoint: 0,
  });
  return b.add("qconv", [bounded, weights, b.constant(tensorOf("i32", [1], [0]))], {
    ...{ kernel: [3, 3], pads: [1, 1, 1, 1], dilations: [1, 1], strides: [1, 1], group: 1 },
    layout: "nchw",
    epilogue: { kind: "requantize", ...requantized, scale: 0.1 },
  });
}

describe("a convolution on planes", () => {
  describe.each(WIDTHS)("%i columns wide", width => {
    test.each(CONVS)("%s", (_, conv) => {
      const zeroPoint = random.integer(-128, 127);
      const graph = graphOf(b => {
        const x = image(b, "x", [1, 3, 6, atLeastWindow(width, conv)], zeroPoint);
        return [planeConv(b, random, x, { zeroPoint: random.integer(-128, 127), ...conv })];
      });
      check(graph);
    });
  });

  test.each([100, -128])("sums in 32 bits where padding overflows 16: zero point %i", zeroPoint => {
    check(graphOf(b => [columnDifferences(b, zeroPoint)]));
  });

  test.each(WIDTHS)("adds, %i columns wide", width => {
    const graph = graphOf(b => {
      const x = image(b, "x", [1, 3, 4, width]);
      const first = planeConv(b, random, x, SAME);
      const second = planeConv(b, random, first, SAME);
      const sum = planeConv(b, random, second, SAME, first);
      return [planeConv(b, random, sum, { channels: 2 }, image(b, "z", [1, 2, 4, width], 9))];
    });
    check(graph);
    expect(callsOf(graph).filter(kernel => kernel.startsWith("s8_s16"))).toHaveLength(2);
  });
});

describe("planes in two phases", () => {
  test.each(WIDTHS)("are what stride 2 reads, %i columns wide", width => {
    const graph = graphOf(b => {
      const x = planeConv(b, random, image(b, "x", [1, 3, 5, width]), SAME);
      const main = planeConv(b, random, x, { ...SAME, stride: 2 });
      const shortcut = planeConv(b, random, x, { stride: 2 });
      return [planeConv(b, random, main, SAME, shortcut)];
    });
    check(graph);
    expect(callsOf(graph).filter(kernel => kernel === "x8_copy")).toEqual([]);
  });

  test("are a copy if another reader wants one", () => {
    const graph = graphOf(b => {
      const x = planeConv(b, random, image(b, "x", [1, 3, 5, 9]), SAME);
      return [planeConv(b, random, x, { ...SAME, stride: 2 }), planeConv(b, random, x, SAME)];
    });
    check(graph);
    expect(callsOf(graph)).toContain("x8_copy");
  });
});

/** A chain of convolutions, `depth` of them. */
function chain(b: GraphBuilder, x: NodeId, depth: number): NodeId {
  let y = x;
  for (let i = 0; i < depth; i++) y = planeConv(b, random, y, SAME);
  return y;
}

describe("conversions", () => {
  test("happen at the ends of a chain only", () => {
    const graph = graphOf(b => [chain(b, image(b, "x", [1, 3, 6, 7]), 4)]);
    check(graph);
    const calls = callsOf(graph).filter(kernel => !kernel.startsWith("code:"));
    expect(calls.filter(kernel => kernel !== "s16_frame")).toEqual([
      "f32_qs8_vquantize",
      "s8_s16_widen",
      "s16_s8_narrow",
    ]);
  });

  test("go through transposes", () => {
    const graph = graphOf(b => {
      const x = image(b, "x", [1, 6, 7, 3]);
      const planes = b.add("transpose", [x], { permutation: [0, 3, 1, 2] });
      const y = chain(b, planes, 2);
      return [b.add("transpose", [y], { permutation: [0, 2, 3, 1] }), x];
    });
    check(graph);
    expect(callsOf(graph).filter(kernel => kernel === "x8_copy")).toEqual([]);
  });

  test("of values that are read in every form, and are outputs", () => {
    const graph = graphOf(b => {
      const x = chain(b, image(b, "x", [1, 3, 6, 7]), 1);
      const y = chain(b, x, 1);
      const half = planeConv(b, random, x, { stride: 2 });
      const last = b.add("transpose", [x], { permutation: [0, 2, 3, 1] });
      const again = b.add("transpose", [last], { permutation: [0, 3, 1, 2] });
      const flat = b.add("reshape", [y], { shape: [1, 5 * 6 * 7] });
      return [x, half, last, chain(b, again, 1), flat, b.add("clamp", [x], { min: -9, max: 9 })];
    });
    check(graph);
  });

  test("of values that readers would compute in their own place", () => {
    const graph = graphOf(b => {
      const x = image(b, "x", [1, 3, 4, 5]);
      const [left, right] = [chain(b, x, 1), chain(b, x, 2)];
      const clamped = b.add("clamp", [right], { min: -50, max: 50 });
      return [chain(b, b.add("concat", [left, clamped], { axis: 1 }), 1)];
    });
    check(graph);
  });
});

describe("around planes", () => {
  test.each([7, 8, 9, 16, 20])("an average over whole planes, %i columns wide", width => {
    const graph = graphOf(b => {
      const x = chain(b, image(b, "x", [1, 3, 6, width]), 1);
      return [b.add("qaverage-pool", [x], averageOf(6, width))];
    });
    check(graph);
    expect(callsOf(graph)).not.toContain("s16_s8_narrow");
  });

  const pools = [
    { kernel: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0] },
    { kernel: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
    { kernel: [3, 2], strides: [1, 1], pads: [1, 0, 0, 1] },
  ] as const;
  test.each(pools)("the largest of windows: %j", pool => {
    const attrs = { ...pool, dilations: [1, 1] as const, layout: "nchw" as const };
    const graph = graphOf(b => {
      const positive = { zeroPoint: -128 };
      const x = planeConv(b, random, image(b, "x", [1, 3, 9, 21]), { ...SAME, ...positive });
      return [planeConv(b, random, b.add("max-pool", [x], attrs), { stride: 2 })];
    });
    check(graph);
    expect(callsOf(graph).filter(kernel => kernel === "s16_s8_narrow").length).toBe(1);
  });

  test("padding that might win keeps a pool on kernels", () => {
    const attrs = { ...pools[1]!, dilations: [1, 1] as const, layout: "nchw" as const };
    const accepts = (zeroPoint: number): boolean => {
      const { nodes } = graphOf(b => {
        const x = planeConv(b, random, image(b, "x", [1, 3, 9, 9]), { zeroPoint });
        return [b.add("max-pool", [x], attrs)];
      });
      return runsOnPlanes(nodes.at(-1)!, { nodes });
    };
    expect([accepts(-120), accepts(-119)]).toEqual([true, false]);
  });

  test("u8 pixels become i8 by a flip", () => {
    const table = tensorOf(
      "i8",
      [256],
      Array.from({ length: 256 }, (_, i) => i - 128),
    );
    const quantization = { scales: [0.02], zeroPoints: [-20] };
    const graph = graphOf(b => {
      const x = b.add("lookup", [b.input("x", "u8", [1, 3, 6, 7])], { table, quantization });
      return [chain(b, x, 1)];
    });
    check(graph);
    expect(callsOf(graph)).toContain("x8_vflip");
  });
});

function averageOf(height: number, width: number) {
  const range = { min: -128, max: 127, zeroPoint: 1 };
  const count = height * width;
  return {
    kernel: [height, width] as const,
    strides: [1, 1] as const,
    pads: [0, 0, 0, 0] as const,
    dilations: [1, 1] as const,
    layout: "nchw" as const,
    scale: 0.03,
    requantization: deriveRequantization([1.6 / count], [count * 256], range),
  };
}

describe("whole networks, for speed", () => {
  const residual = { layers: 8, only: ["conv", "conv", "residual", "residual", "clamp"] } as const;
  const seeds = Array.from({ length: 16 }, (_, i) => 788 + i);

  test("give the oracle's bits, many of them with code", () => {
    let withCode = 0;
    for (const seed of seeds) {
      const graph = randomGraph(seed, seed % 2 === 0 ? residual : { layers: 6 });
      const samples = [1, 2].map(i => randomInputs(graph, i));
      const options = { weights: "ternary", samples, optimize: "speed" } as const;
      const compiled = (simd: SimdTier) => compileGraph(graph, { ...options, simd });
      expect(mismatch(compiled, randomInputs(graph, seed)), `seed ${seed}`).toBeUndefined();
      if (compiled("simd128").plan.code.length > 0) withCode++;
      expect(compiled("scalar").plan.code).toEqual([]);
    }
    expect(withCode).toBeGreaterThan(seeds.length / 3);
  });
});

test("layers of 4-bit values copy what they read to bytes first, and give the oracle's bits", () => {
  const graph = fourBitBlock(7);
  const compiled = (simd: SimdTier) => compileAsIs(graph, { simd });
  expect(mismatch(compiled, inputsFor(graph), ["simd128", "relaxed"])).toBeUndefined();
  const { calls, buffers } = compiled("simd128").plan;
  const isScratch = (name: string): boolean => name.endsWith("(scratch)");
  expect(buffers.filter(({ name }) => isScratch(name))).toHaveLength(4);
  const leaving = calls.filter(({ kernel, writes }) => {
    return kernel.startsWith("code:") && writes.every(({ block }) => isScratch(block));
  });
  const copies = leaving.filter(({ kernel }) => kernel.endsWith("/0"));
  expect(copies).toHaveLength(4);
  // Sums that wait for more of their taps.
  expect(leaving.length).toBeGreaterThan(copies.length);
});

test.each<[string, PlaneConv]>([
  [
    "3×3, dilated beyond the halo of a vector",
    { kernel: [3, 3], dilations: [12, 12], pads: [12, 12, 12, 12] },
  ],
  ["3×3, stride 2", { ...SAME, stride: 2 }],
])("large layers over small images read lists, and give the oracle's bits: %s", (_, conv) => {
  const graph = graphOf(b => {
    const own = new Random(7);
    const small = { ...SAME, channels: 512, most: 15 };
    const x = planeConv(b, own, image(b, "x", [1, 3, 4, 12]), small);
    return [planeConv(b, own, x, { ...conv, channels: 768, zeros: 0.94 })];
  }, "large");
  const { plan } = compileAsIs(graph, { simd: "simd128" });
  // A function for each slice of the pixels: blocks of outputs would take 64 at least.
  const functions = plan.code.filter(({ layer }) => layer === plan.code.at(-1)!.layer);
  expect(functions.length).toBeLessThan(32);
  check(graph);
});

describe("the plan", () => {
  const graph = graphOf(b => [chain(b, image(b, "x", [1, 3, 6, 7]), 2)]);
  const { plan, manifest } = compileAsIs(graph);

  test("shows the code, and counts it as the weights", () => {
    expect(printPlan(plan)).toMatch(/^code \d+ code:%\d+\/0$/m);
    const layer = manifest.layers.find(({ kernel }) => kernel === "code")!;
    expect(layer).toMatchObject({ op: "qconv", weights: "ternary", macs: 6 * 7 * 5 * 3 * 9 });
    const bytes = plan.code[0]!.body.length;
    expect(layer.bitsPerWeight).toBeCloseTo((bytes * 8) / layer.weightCount);
  });

  test("is unsound without the halo, or with one row less of it", () => {
    const claims = claimsOf(plan);
    expect(checkMemory(claims)).toEqual([]);
    for (const [index, call] of claims.calls.entries()) {
      if (!call.kernel.startsWith("s16_frame")) continue;
      const without = claims.calls.with(index, { ...call, writes: call.writes.slice(1) });
      expect(checkMemory({ ...claims, calls: without }).join()).toMatch(/code:.* reads byte/);
    }
  });

  test("takes vectors", () => {
    expect(() => compileAsIs(graph, { simd: "scalar" })).toThrow(/scalar tier/);
  });

  test("gives the same bytes each time, and no imports", () => {
    const again = compileAsIs(graph).wasm;
    expect(Buffer.compare(again, compileAsIs(graph).wasm)).toBe(0);
    expect(WebAssembly.Module.imports(new WebAssembly.Module(again))).toEqual([]);
    expect(compileAsIs(graph).artefact("wat")).toMatch(/i16x8\.q15mulr_sat_s/);
  });
});

describe("what runs on planes", () => {
  function accepted(conv: PlaneConv, shape: readonly number[] = [1, 3, 6, 7]): boolean {
    const graph = graphOf(b => [planeConv(b, random, image(b, "x", shape), conv)]);
    return runsOnPlanes(graph.nodes.at(-1)!, graph);
  }

  test("strides of 1 and 2 along a row, single images", () => {
    expect(accepted(SAME)).toBe(true);
    expect(accepted({ ...SAME, stride: 2 })).toBe(true);
    expect(accepted({ stride: 3 })).toBe(false);
    expect(accepted(SAME, [2, 3, 6, 7])).toBe(false);
    expect(accepted({ kernel: [3, 3] }, [1, 120, 6, 7])).toBe(true);
  });
});
