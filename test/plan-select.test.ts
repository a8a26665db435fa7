/** @file Selection: the cost model prefers what suits the shape, and shows what it rejected. */

import { describe, expect, test } from "vitest";
import type { SimdTier } from "../core/abi.ts";
import type { ConvAttributes } from "../model/ir/attributes.ts";
import { Random } from "./fuzz/random.ts";
import { compileAsIs, compileGraph, graphOf, mismatch } from "./plan/compile-and-compare.ts";

const random = new Random(2);

function choiceFor(size: number, channels: number, n: number, group = 1): string[] {
  const graph = graphOf(b => {
    const x = b.input("x", "f32", [1, size, size, channels]);
    const w = b.constant(random.f32([n, channels / group, 1, 1]));
    const attrs: ConvAttributes = {
      kernel: [1, 1],
      strides: [1, 1],
      pads: [0, 0, 0, 0],
      dilations: [1, 1],
      group,
      layout: "nhwc",
    };
    return [b.add("conv", [x, w], attrs)];
  });
  const [choice] = compileAsIs(graph).plan.choices;
  return choice!.candidates.map(({ kernel }) => kernel);
}

describe("kernel selection", () => {
  test("takes the one-pixel tile for one pixel, and the wide one for many", () => {
    expect(choiceFor(1, 64, 64)[0]).toContain("_1x16__");
    expect(choiceFor(16, 64, 64)[0]).toContain("_4x8__");
  });

  test("takes the depthwise kernel where each channel has its own filter", () => {
    expect(choiceFor(8, 16, 16, 16)[0]).toContain("_dwconv_");
    expect(choiceFor(8, 16, 32, 16)[0]).toContain("_igemm_");
  });

  test("keeps the rejected ones on record", () => {
    expect(choiceFor(4, 8, 8).length).toBeGreaterThan(1);
  });
});

describe("kernels for 7-bit activations", () => {
  const same = { strides: [1, 1], dilations: [1, 1], group: 1, layout: "nchw" } as const;
  const attrs = { ...same, kernel: [3, 3], pads: [1, 1, 1, 1] } as const;
  const graph = graphOf(b => {
    const x = b.input("x", "f32", [1, 3, 20, 21]);
    const first = b.add("conv", [x, b.constant(random.f32([24, 3, 3, 3]))], attrs);
    const bent = b.add("clamp", [first], { min: 0, max: Infinity });
    return [b.add("conv", [bent, b.constant(random.f32([40, 24, 3, 3]))], attrs)];
  });
  const inputs = { x: random.f32([1, 3, 20, 21]) };
  const options = { weights: "int8", activations: "u7", samples: [inputs] } as const;
  const compiled = (simd: SimdTier) => compileGraph(graph, { ...options, simd });

  test("run where activations are 0…127, on the relaxed tier only", () => {
    const kernels = compiled("relaxed").manifest.layers.map(({ kernel }) => kernel);
    expect(kernels.filter(kernel => kernel.includes("_qc8w_igemm_"))).toEqual([
      expect.stringContaining("__simd128"),
      expect.stringContaining("__relaxed"),
    ]);
    const others = compiled("simd128").manifest.layers.map(({ kernel }) => kernel);
    expect(others.join()).not.toContain("__relaxed");
  });

  test("give the oracle's bits", () => {
    expect(mismatch(compiled, inputs)).toBeUndefined();
  });
});
