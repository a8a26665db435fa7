/** @file The integer ops, against formulas in exact arithmetic. */

import { describe, expect, test } from "vitest";
import { sameTensor, type Tensor, tensorOf, toNumbers } from "../../core/tensor.ts";
import type { Epilogue, Layout } from "../../model/ir/attributes.ts";
import { Random } from "../fuzz/random.ts";
import { compute, numbers, type Operand, quantized, typeOf, variable, window } from "./compute.ts";

const REQUANTIZE = {
  kind: "requantize",
  shift: 2,
  multipliers: [20000, 3000],
  zeroPoint: -5,
  min: -100,
  max: 90,
  scale: 0.125,
} as const satisfies Epilogue;
const DEQUANTIZE = {
  kind: "dequantize",
  scales: [0.1, 0.037],
  clamp: { min: 0, max: 40 },
} as const satisfies Epilogue;

describe("qconv", () => {
  test.each(["nchw", "nhwc"] as const)("is the formula in %s, padding included", layout => {
    for (let seed = 0; seed < 40; seed++) {
      const random = new Random(seed);
      for (const epilogue of [REQUANTIZE, DEQUANTIZE]) {
        const [y, expected] = randomLayer(random, layout, epilogue);
        expect(sameTensor(y, expected), `seed ${seed}`).toBe(true);
      }
    }
  });

  test("its type carries the scale of the output", () => {
    const weights = tensorOf("i2", [2, 1, 1, 1], [1, -1]);
    const operands = [quantized([1, 1, 1, 1], [3]), weights, tensorOf("i32", [2], [0, 0])];
    const attrs = { ...window([1, 1]), group: 1, layout: "nchw" } as const;
    expect(typeOf("qconv", operands, { ...attrs, epilogue: REQUANTIZE })).toEqual({
      dtype: "i8",
      shape: [1, 2, 1, 1],
      quantization: { scales: [0.125], zeroPoints: [-5] },
    });
    const real = typeOf("qconv", operands, { ...attrs, epilogue: DEQUANTIZE });
    expect(real).toEqual({ dtype: "f32", shape: [1, 2, 1, 1] });
  });
});

test("qconv adds its addend as qadd does", () => {
  const random = new Random(3);
  const add = {
    fractionBits: 5,
    multipliers: [7000, 8000],
    zeroPoints: [-5, 11],
    zeroPoint: 3,
    min: -90,
    max: 127,
    scale: 0.5,
  } as const;
  for (const layout of ["nchw", "nhwc"] as const) {
    const [input, output] =
      layout === "nchw"
        ? ([
            [2, 3, 4, 5],
            [2, 2, 4, 5],
          ] as const)
        : ([
            [2, 4, 5, 3],
            [2, 4, 5, 2],
          ] as const);
    const x = quantized(input, toNumbers(random.integers("i8", input, -128, 127)), 0.5, 9);
    const weights = random.integers("i2", [2, 3, 1, 1], -1, 1);
    const bias = random.integers("i32", [2], -500, 500);
    const addend = quantized(output, toNumbers(random.integers("i8", output, -128, 127)), 0.1, 11);
    const attrs = { ...window([1, 1]), group: 1, layout, epilogue: REQUANTIZE };
    const alone = numbers("qconv", [x, weights, bias], attrs);
    const operands = [quantized(output, alone, REQUANTIZE.scale, REQUANTIZE.zeroPoint), addend];
    const sum = compute("qadd", operands, add);
    expect(sameTensor(compute("qconv", [x, weights, bias, addend], { ...attrs, add }), sum)).toBe(
      true,
    );
    expect(typeOf("qconv", [x, weights, bias, addend], { ...attrs, add }).quantization).toEqual({
      scales: [0.5],
      zeroPoints: [3],
    });
  }
});

test("inference alone refuses weights and biases that are not constant", () => {
  const x = quantized([1, 1], [3]);
  const [weights, bias] = [tensorOf("i8", [1, 1], [1]), tensorOf("i32", [1], [0])];
  const attrs = { epilogue: { ...DEQUANTIZE, scales: [1] } };
  const run = (w: Operand, b: Operand) => () => typeOf("qgemm", [x, w, b], attrs);
  expect(run(weights, bias)).not.toThrow();
  expect(run(variable("i8", 1, 1), bias)).toThrow(/expected constant weights/);
  expect(run(weights, variable("i32", 1))).toThrow(/expected constant bias/);
});

test("qgemm is the formula", () => {
  const random = new Random(1);
  for (const epilogue of [REQUANTIZE, DEQUANTIZE]) {
    const x = random.integers("i8", [3, 7], -128, 127);
    const weights = random.integers("i8", [2, 7], -127, 127);
    const bias = random.integers("i32", [2], -5000, 5000);
    const operands = [quantized([3, 7], toNumbers(x), 0.5, 9), weights, bias];
    const expected: number[] = [];
    for (let m = 0; m < 3; m++) {
      for (let n = 0; n < 2; n++) {
        let acc = BigInt(bias.data[n]!);
        for (let k = 0; k < 7; k++) {
          acc += BigInt(x.data[m * 7 + k]!) * BigInt(weights.data[n * 7 + k]!);
        }
        expected.push(finish(acc, epilogue, n));
      }
    }
    expect(numbers("qgemm", operands, { epilogue })).toEqual(expected);
  }
});

test("qadd is the formula", () => {
  const attrs = {
    fractionBits: 4,
    multipliers: [9000, 4096],
    zeroPoints: [3, -128],
    zeroPoint: -7,
    min: -120,
    max: 127,
    scale: 0.25,
  } as const;
  const all = Array.from({ length: 256 }, (_, i) => i - 128);
  const a = all.flatMap(value => all.map(() => value));
  const b = all.flatMap(() => all);
  const shape = [256, 256];
  const y = compute("qadd", [quantized(shape, a, 0.5, 3), quantized(shape, b, 0.1, -128)], attrs);
  const expected = a.map((value, i) => {
    const ta = (BigInt(value - 3) * 128n * 9000n + 16384n) >> 15n;
    const tb = (BigInt(b[i]! + 128) * 128n * 4096n + 16384n) >> 15n;
    const sum = saturate(saturate(ta + tb) + 8n) >> 4n;
    return Math.min(Math.max(Number(sum) - 7, -120), 127);
  });
  expect(toNumbers(y)).toEqual(expected);
});

test("qaverage-pool is the requantised sum of differences", () => {
  const values = [10, 20, -30, 40, 5, 6, 7, 8];
  const requantization = {
    shift: 0,
    multipliers: [8192],
    zeroPoint: 4,
    min: -128,
    max: 127,
  };
  const attrs = { ...window([2, 2]), layout: "nchw", requantization, scale: 0.5 } as const;
  const x = quantized([1, 2, 2, 2], values, 0.5, 4);
  // The multiplier 2^13 in Q15 is a quarter: the mean of four.
  const mean = (sum: number): number => 4 + Math.floor((sum * 8192 + 16384) / 32768);
  expect(numbers("qaverage-pool", [x], attrs)).toEqual([mean(40 - 16), mean(26 - 16)]);
  expect(typeOf("qaverage-pool", [x], attrs).quantization).toEqual({
    scales: [0.5],
    zeroPoints: [4],
  });
});

test("lookup reads the table from the smallest value on", () => {
  const table = tensorOf(
    "i8",
    [256],
    Array.from({ length: 256 }, (_, i) => (i * 7) % 128),
  );
  const attrs = { table, quantization: { scales: [1], zeroPoints: [-128] } };
  expect(numbers("lookup", [quantized([3], [-128, 0, 127])], attrs)).toEqual([
    0,
    (128 * 7) % 128,
    (255 * 7) % 128,
  ]);
  const bytes = tensorOf("u8", [3], [0, 1, 255]);
  expect(numbers("lookup", [bytes], attrs)).toEqual([0, 7, (255 * 7) % 128]);
  expect(typeOf("lookup", [variable("u8", 3)], attrs).quantization).toEqual(attrs.quantization);
});

/** A random layer's value, and the same from the definition. */
function randomLayer(random: Random, layout: Layout, epilogue: Epilogue): [Tensor, Tensor] {
  const channels = random.integer(1, 4);
  const [height, width] = [random.integer(3, 6), random.integer(3, 6)];
  const zeroPoint = random.integer(-128, 127);
  const x = random.integers("i8", [1, channels, height, width], -128, 127);
  const limit = random.pick([1, 127]);
  const weights = random.integers(limit === 1 ? "i2" : "i8", [2, channels, 3, 2], -limit, limit);
  const bias = random.integers("i32", [2], -3000, 3000);
  const attrs = {
    ...window([3, 2], { pads: [1, 1, 2, 0], strides: [1, 2] }),
    group: 1,
    layout,
    epilogue,
  };
  const at = (c: number, row: number, column: number): bigint => {
    const outside = row < 0 || row >= height || column < 0 || column >= width;
    return BigInt(outside ? zeroPoint : x.data[(c * height + row) * width + column]!);
  };
  const [rows, columns] = [height + 1, Math.floor((width - 1) / 2) + 1];
  const sums: number[] = [];
  for (let m = 0; m < 2; m++)
    for (let oy = 0; oy < rows; oy++)
      for (let ox = 0; ox < columns; ox++) {
        let acc = BigInt(bias.data[m]!);
        for (let i = 0; i < channels * 6; i++) {
          const [c, ky, kx] = [Math.floor(i / 6), Math.floor(i / 2) % 3, i % 2];
          const w = BigInt(weights.data[(m * channels + c) * 6 + ky * 2 + kx]!);
          acc += w * at(c, oy + ky - 1, ox * 2 + kx - 1);
        }
        sums.push(finish(acc, epilogue, m));
      }
  const dtype = epilogue.kind === "requantize" ? "i8" : "f32";
  const expected = tensorOf(dtype, [1, 2, rows, columns], sums);
  const image = quantized(x.shape, toNumbers(x), 0.5, zeroPoint);
  if (layout === "nchw") return [compute("qconv", [image, weights, bias], attrs), expected];
  const flipped = toNumbers(compute("transpose", [x], { permutation: [0, 2, 3, 1] }));
  const last = quantized([1, height, width, channels], flipped, 0.5, zeroPoint);
  const y = compute("qconv", [last, weights, bias], attrs);
  return [compute("transpose", [y], { permutation: [0, 3, 1, 2] }), expected];
}

/** The epilogue in exact arithmetic: docs/numerics.md. */
function finish(acc: bigint, epilogue: Epilogue, channel: number): number {
  if (epilogue.kind === "dequantize") {
    const scaled = Math.fround(Math.fround(Number(acc)) * Math.fround(epilogue.scales[channel]!));
    return Math.min(Math.max(scaled, epilogue.clamp!.min), epilogue.clamp!.max);
  }
  const shift = BigInt(epilogue.shift);
  const t = saturate((acc + (1n << (shift - 1n))) >> shift);
  const q = (t * BigInt(epilogue.multipliers[channel]!) + 16384n) >> 15n;
  return Math.min(Math.max(Number(q) + epilogue.zeroPoint, epilogue.min), epilogue.max);
}

function saturate(value: bigint): bigint {
  if (value > 32767n) return 32767n;
  return value < -32768n ? -32768n : value;
}
