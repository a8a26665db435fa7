/** @file Pools, by hand. */

import { describe, expect, test } from "vitest";
import { toNumbers } from "../../core/tensor.ts";
import { Random } from "../fuzz/random.ts";
import { compute, counting, f32, numbers, quantized, typeOf, window } from "./compute.ts";

const nchw = { layout: "nchw" } as const;
const x = counting(1, 1, 3, 3);

describe("max-pool", () => {
  test("takes the largest of each window", () => {
    expect(numbers("max-pool", [x], { ...window([2, 2]), ...nchw })).toEqual([5, 6, 8, 9]);
    const strided = window([2, 1], { strides: [1, 2] });
    expect(numbers("max-pool", [x], { ...strided, ...nchw })).toEqual([4, 6, 7, 9]);
  });

  test("never takes the padding", () => {
    const below = f32([1, 1, 1, 2], [-3, -2]);
    const attrs = { ...window([1, 2], { pads: [0, 1, 0, 1] }), ...nchw };
    expect(numbers("max-pool", [below], attrs)).toEqual([-3, -2, -2]);
  });

  test("spreads its taps by the dilation", () => {
    const attrs = { ...window([2, 2], { dilations: [2, 2] }), ...nchw };
    expect(numbers("max-pool", [x], attrs)).toEqual([9]);
  });

  test("keeps the quantization of 8-bit values", () => {
    const image = quantized([1, 1, 1, 3], [-4, 7, -128], 0.25, -3);
    const attrs = { ...window([1, 2]), ...nchw };
    expect(numbers("max-pool", [image], attrs)).toEqual([7, 7]);
    expect(typeOf("max-pool", [image], attrs).quantization).toEqual(image.quantization);
  });
});

describe("average-pool", () => {
  const padded = window([2, 2], { pads: [1, 1, 0, 0] });

  test("counts the padding", () => {
    const y = numbers("average-pool", [x], { ...padded, ...nchw, countIncludePad: true });
    expect(y.slice(0, 3)).toEqual([0.25, 0.75, 1.25]);
  });

  test("or does not", () => {
    const y = numbers("average-pool", [x], { ...padded, ...nchw, countIncludePad: false });
    expect(y.slice(0, 4)).toEqual([1, 1.5, 2.5, 2.5]);
  });

  test("sums in window order, each step rounded, then divides", () => {
    const random = new Random(5);
    const image = random.f32([1, 1, 5, 7], -1000, 1000);
    let sum = 0;
    for (const value of image.data) sum = Math.fround(sum + value);
    const attrs = { ...window([5, 7]), ...nchw, countIncludePad: false };
    expect(numbers("average-pool", [image], attrs)).toEqual([Math.fround(sum / 35)]);
  });
});

test("both layouts give the same values", () => {
  const random = new Random(9);
  const image = random.f32([2, 3, 5, 4]);
  const last = compute("transpose", [image], { permutation: [0, 2, 3, 1] });
  const attrs = window([3, 2], { pads: [1, 0, 2, 1], strides: [2, 1] });
  const pairs = (["nchw", "nhwc"] as const).map(layout => {
    const operand = layout === "nchw" ? image : last;
    const pooled = [
      compute("max-pool", [operand], { ...attrs, layout }),
      compute("average-pool", [operand], { ...attrs, layout, countIncludePad: false }),
    ];
    return layout === "nchw"
      ? pooled.map(toNumbers)
      : pooled.map(y => numbers("transpose", [y], { permutation: [0, 3, 1, 2] }));
  });
  expect(pairs[0]).toEqual(pairs[1]);
});
