/** @file Convolutions and matrix products in f32, by hand and against formulas written out. */

import { describe, expect, test } from "vitest";
import { type Tensor, tensorOf, toNumbers } from "../../core/tensor.ts";
import type { OpAttributes } from "../../model/ir/attributes.ts";
import { Random } from "../fuzz/random.ts";
import { compute, counting, f32, numbers, vector, window } from "./compute.ts";

const f = Math.fround;
const nchw = { group: 1, layout: "nchw" } as const;
const GEMM = { transposeA: false, transposeB: false, alpha: 1, beta: 1 };

describe("conv", () => {
  test("sums a window", () => {
    const ones = f32([1, 1, 2, 2], [1, 1, 1, 1]);
    const attrs = { ...window([2, 2]), ...nchw };
    expect(numbers("conv", [counting(1, 1, 3, 3), ones], attrs)).toEqual([12, 16, 24, 28]);
  });

  test("pads with zeros on the sides that it is told", () => {
    const attrs = { ...window([2, 2], { pads: [1, 0, 0, 0] }), ...nchw };
    const ones = f32([1, 1, 2, 2], [1, 1, 1, 1]);
    expect(numbers("conv", [counting(1, 1, 2, 2), ones], attrs)).toEqual([3, 10]);
  });

  test("adds the bias, then clamps", () => {
    const weights = f32([2, 1, 1, 1], [1, -1]);
    const attrs = { ...window([1, 1]), ...nchw, clamp: { min: 0, max: 3 } };
    const y = numbers("conv", [counting(1, 1, 1, 3), weights, vector(0.5, 2.5)], attrs);
    expect(y).toEqual([1.5, 2.5, 3, 1.5, 0.5, 0]);
  });

  test("multiplies 8-bit sums by the scale of their channel", () => {
    const quantization = { scales: [0.5, 0.25], zeroPoints: [0, 0], axis: 0 };
    const weights = { tensor: tensorOf("i2", [2, 2, 1, 1], [1, -1, 1, 1]), quantization };
    const x = f32([1, 2, 1, 1], [5, 3]);
    const attrs = { ...window([1, 1]), ...nchw };
    expect(numbers("conv", [x, weights, vector(10, 20)], attrs)).toEqual([11, 22]);
  });

  test("gives padding the product with zero", () => {
    const weights = f32([1, 1, 1, 2], [Number.NaN, 1]);
    const attrs = { ...window([1, 2], { pads: [0, 1, 0, 0] }), ...nchw };
    expect(numbers("conv", [counting(1, 1, 1, 1), weights], attrs)).toEqual([NaN]);
  });

  test("is the formula, bit for bit, in both layouts", () => {
    for (let seed = 0; seed < 60; seed++) {
      const { x, weights, bias, attrs } = randomConvolution(new Random(seed));
      const expected = directConvolution(x, weights, bias, attrs);
      expect(compute("conv", [x, weights, bias], attrs)).toEqual(expected);
      const flipped = compute("transpose", [x], { permutation: [0, 2, 3, 1] });
      const channelLast = compute("conv", [flipped, weights, bias], { ...attrs, layout: "nhwc" });
      const back = compute("transpose", [channelLast], { permutation: [0, 3, 1, 2] });
      expect(back).toEqual(expected);
    }
  });
});

describe("conv-transpose", () => {
  test("spreads each input over a window", () => {
    const weights = f32([1, 1, 2, 2], [1, 2, 3, 4]);
    const attrs = {
      ...window([2, 2], { strides: [2, 2] }),
      ...nchw,
      outputPadding: [0, 0] as const,
    };
    const y = numbers("conv-transpose", [counting(1, 1, 1, 2), weights], attrs);
    expect(y).toEqual([1, 2, 2, 4, 3, 4, 6, 8]);
  });

  test("is the adjoint of conv: <conv(x), y> = <x, conv-transpose(y)>", () => {
    for (let seed = 0; seed < 30; seed++) {
      const random = new Random(seed);
      const { x, weights, attrs } = randomConvolution(random);
      const { clamp: _, ...plain } = attrs;
      const zero = f32([weights.shape[0]!], new Array(weights.shape[0]!).fill(0));
      const forward = compute("conv", [x, weights, zero], plain);
      const y = random.f32(forward.shape);
      const lost = [2, 3].map(axis => lostPixels(x, plain, axis as 2 | 3));
      const outputPadding = [lost[0]!, lost[1]!] as const;
      const back = compute("conv-transpose", [y, weights], { ...plain, outputPadding });
      expect(back.shape).toEqual(x.shape);
      expect(inner(forward, y)).toBeCloseTo(inner(x, back), 3);
    }
  });

  test("adds the bias, then clamps; grouped", () => {
    const weights = f32([2, 1, 1, 1], [2, 3]);
    const attrs = { ...window([1, 1]), group: 2, layout: "nchw", outputPadding: [0, 0] } as const;
    const clamp = { min: 0, max: 8 };
    const x = f32([1, 2, 1, 2], [1, -9, 2, 3]);
    const y = numbers("conv-transpose", [x, weights, vector(1, 0)], { ...attrs, clamp });
    expect(y).toEqual([3, 0, 6, 8]);
  });
});

describe("gemm", () => {
  const a = counting(2, 3);
  const b = f32([3, 2], [1, 0, 0, 1, 1, 1]);

  test("multiplies, in all transpositions", () => {
    const at = compute("transpose", [a], { permutation: [1, 0] });
    const bt = compute("transpose", [b], { permutation: [1, 0] });
    for (const [left, transposeA] of [
      [a, false],
      [at, true],
    ] as const) {
      for (const [right, transposeB] of [
        [b, false],
        [bt, true],
      ] as const) {
        const attrs = { ...GEMM, transposeA, transposeB };
        expect(numbers("gemm", [left, right], attrs)).toEqual([4, 5, 10, 11]);
      }
    }
  });

  test("scales by alpha and beta, broadcasts c, then clamps", () => {
    const attrs = { ...GEMM, alpha: 2, beta: 0.5, clamp: { min: 0, max: 20 } };
    expect(numbers("gemm", [a, b, vector(2, -40)], attrs)).toEqual([9, 0, 20, 2]);
    const column = f32([2, 1], [100, 0]);
    expect(numbers("gemm", [a, b, column], GEMM)).toEqual([104, 105, 10, 11]);
  });

  test("multiplies 8-bit sums by the scale of their column", () => {
    const quantization = { scales: [0.5, 2], zeroPoints: [0, 0], axis: 1 };
    const weights = { tensor: tensorOf("i8", [3, 2], [1, 0, 0, 1, 1, 1]), quantization };
    expect(numbers("gemm", [a, weights], GEMM)).toEqual([2, 10, 5, 22]);
  });

  test("rounds each product and each sum, in the order of k", () => {
    const random = new Random(7);
    const [x, w] = [random.f32([1, 50]), random.f32([50, 1])];
    let acc = 0;
    for (let k = 0; k < 50; k++) acc = f(acc + f(x.data[k]! * w.data[k]!));
    expect(numbers("gemm", [x, w], GEMM)).toEqual([acc]);
  });
});

describe("matmul", () => {
  const plain = { transposeA: false, transposeB: false };

  test("broadcasts the batch", () => {
    const a = counting(2, 1, 1, 2);
    const b = counting(3, 2, 1);
    const y = compute("matmul", [a, b], plain);
    expect(y.shape).toEqual([2, 3, 1, 1]);
    expect(toNumbers(y)).toEqual([5, 11, 17, 11, 25, 39]);
  });

  test("transposes the last two dimensions", () => {
    const a = counting(2, 2, 3);
    const b = counting(2, 3, 2);
    const swap = { permutation: [0, 2, 1] };
    const expected = compute("matmul", [a, b], plain);
    const [at, bt] = [compute("transpose", [a], swap), compute("transpose", [b], swap)];
    expect(toNumbers(expected).slice(0, 4)).toEqual([22, 28, 49, 64]);
    expect(compute("matmul", [at, b], { transposeA: true, transposeB: false })).toEqual(expected);
    expect(compute("matmul", [a, bt], { transposeA: false, transposeB: true })).toEqual(expected);
  });
});

type Conv = OpAttributes["conv"];

function randomConvolution(random: Random) {
  const group = random.integer(1, 3);
  const [channels, outputs] = [group * random.integer(1, 3), group * random.integer(1, 3)];
  const kernel = [random.integer(1, 3), random.integer(1, 3)] as const;
  const attrs: Conv = {
    kernel,
    strides: [random.integer(1, 3), random.integer(1, 2)],
    pads: [random.integer(0, 2), random.integer(0, 2), random.integer(0, 2), random.integer(0, 2)],
    dilations: [random.integer(1, 2), random.integer(1, 2)],
    group,
    layout: "nchw",
    clamp: { min: -2, max: Infinity },
  };
  const x = random.f32([
    random.integer(1, 2),
    channels,
    random.integer(5, 8),
    random.integer(5, 8),
  ]);
  const weights = random.f32([outputs, channels / group, ...kernel]);
  return { x, weights, bias: random.f32([outputs]), attrs };
}

/** Each output by itself, from the definition; taps in the padding are left out. */
function directConvolution(x: Tensor, weights: Tensor, bias: Tensor, attrs: Conv): Tensor {
  const { kernel, strides, pads, dilations, group, clamp } = attrs;
  const [batch, channels, height, width] = x.shape as [number, number, number, number];
  const [outputs, depth] = weights.shape as [number, number];
  const size = (axis: 0 | 1, extent: number): number => {
    const room = extent + pads[axis] + pads[axis + 2]! - dilations[axis] * (kernel[axis] - 1) - 1;
    return Math.floor(room / strides[axis]) + 1;
  };
  const shape = [batch, outputs, size(0, height), size(1, width)] as const;
  const values: number[] = [];
  for (let n = 0; n < batch; n++)
    for (let m = 0; m < outputs; m++)
      for (let oy = 0; oy < shape[2]; oy++)
        for (let ox = 0; ox < shape[3]; ox++) {
          let acc = 0;
          for (let ky = 0; ky < kernel[0]; ky++)
            for (let kx = 0; kx < kernel[1]; kx++)
              for (let c = 0; c < depth; c++) {
                const channel = Math.floor(m / (outputs / group)) * depth + c;
                const y = oy * strides[0] + ky * dilations[0] - pads[0];
                const column = ox * strides[1] + kx * dilations[1] - pads[1];
                if (y < 0 || y >= height || column < 0 || column >= width) continue;
                const value = x.data[((n * channels + channel) * height + y) * width + column];
                const w = weights.data[((m * depth + c) * kernel[0] + ky) * kernel[1] + kx];
                acc = f(acc + f(Number(value) * Number(w)));
              }
          const y = f(acc + Number(bias.data[m]));
          values.push(Math.min(Math.max(y, clamp!.min), clamp!.max));
        }
  return f32(shape, values);
}

/** Pixels at the end of an axis that no window reaches: the output padding of the way back. */
function lostPixels(x: Tensor, attrs: Conv, axis: 2 | 3): number {
  const i = (axis - 2) as 0 | 1;
  const { kernel, strides, pads, dilations } = attrs;
  const room = x.shape[axis]! + pads[i] + pads[i + 2]! - dilations[i] * (kernel[i] - 1) - 1;
  return room % strides[i];
}

function inner(a: Tensor, b: Tensor): number {
  return toNumbers(a).reduce((sum, value, i) => sum + value * Number(b.data[i]), 0);
}
