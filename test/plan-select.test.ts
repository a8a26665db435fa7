/** @file Selection: the cost model prefers what suits the shape, and shows what it rejected. */

import { describe, expect, test } from "vitest";
import type { ConvAttributes } from "../model/ir/attributes.ts";
import { Random } from "./fuzz/random.ts";
import { compileAsIs, graphOf } from "./plan/compile-and-compare.ts";

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
