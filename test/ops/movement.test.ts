/** @file Ops that move data, and ops between reals and integers, by hand. */

import { describe, expect, test } from "vitest";
import { tensorOf, toNumbers } from "../../core/tensor.ts";
import { compute, counting, f32, numbers, quantized, typeOf, vector } from "./compute.ts";

describe("moving data", () => {
  const x = counting(2, 3);

  test("reshape keeps the elements", () => {
    const y = compute("reshape", [x], { shape: [3, 2] });
    expect([y.shape, toNumbers(y)]).toEqual([[3, 2], toNumbers(x)]);
  });

  test("transpose permutes, and moves the axis of a quantization along", () => {
    const y = compute("transpose", [counting(2, 3, 2)], { permutation: [2, 0, 1] });
    expect(y.shape).toEqual([2, 2, 3]);
    expect(toNumbers(y)).toEqual([1, 3, 5, 7, 9, 11, 2, 4, 6, 8, 10, 12]);
    const quantization = { scales: [1, 2], zeroPoints: [0, 0], axis: 0 };
    const weights = { tensor: tensorOf("i8", [2, 3], [1, 2, 3, 4, 5, 6]), quantization };
    const type = typeOf("transpose", [weights], { permutation: [1, 0] });
    expect(type.quantization).toEqual({ ...quantization, axis: 1 });
  });

  test("concat sets side by side", () => {
    const y = compute("concat", [x, f32([2, 1], [8, 9])], { axis: 1 });
    expect([y.shape, toNumbers(y)]).toEqual([
      [2, 4],
      [1, 2, 3, 8, 4, 5, 6, 9],
    ]);
    const big = tensorOf("i64", [1], [7]);
    expect(compute("concat", [big, big], { axis: 0 }).data).toEqual(new BigInt64Array([7n, 7n]));
    expect(compute("concat", [f32([0, 2], []), f32([1, 2], [1, 2])], { axis: 0 }).shape).toEqual([
      1, 2,
    ]);
  });

  test("slice steps forwards and backwards", () => {
    const attrs = { starts: [1, 2], sizes: [1, 2], steps: [1, -2] };
    expect(numbers("slice", [x], attrs)).toEqual([6, 4]);
    const none = compute("slice", [x], { starts: [0, 0], sizes: [0, 3], steps: [1, 1] });
    expect(none.shape).toEqual([0, 3]);
  });

  test("gather picks by index, from the end too, in the shape of the indices", () => {
    const indices = tensorOf("i64", [2, 1], [2, -3]);
    const y = compute("gather", [x, indices], { axis: 1 });
    expect([y.shape, toNumbers(y)]).toEqual([
      [2, 2, 1],
      [3, 1, 6, 4],
    ]);
    const row = compute("gather", [x, tensorOf("i32", [], [1])], { axis: 0 });
    expect([row.shape, toNumbers(row)]).toEqual([[3], [4, 5, 6]]);
    const outside = tensorOf("i64", [1], [3]);
    expect(() => compute("gather", [x, outside], { axis: 1 })).toThrow(/index 3 lies outside .* 3/);
  });

  test("expand repeats", () => {
    const y = compute("expand", [f32([2, 1], [1, 2])], { shape: [2, 2, 2] });
    expect(toNumbers(y)).toEqual([1, 1, 2, 2, 1, 1, 2, 2]);
  });

  test.each([
    ["constant", [9, 9, 1, 2, 3, 9]],
    ["edge", [1, 1, 1, 2, 3, 3]],
    ["reflect", [3, 2, 1, 2, 3, 2]],
  ] as const)("pad by %s", (mode, expected) => {
    const attrs = { mode, before: [2], after: [1], value: 9 };
    expect(numbers("pad", [vector(1, 2, 3)], attrs)).toEqual(expected);
  });

  test("pad several dimensions", () => {
    const attrs = { mode: "constant", before: [1, 0], after: [0, 1], value: 0 } as const;
    expect(numbers("pad", [x], attrs)).toEqual([0, 0, 0, 0, 1, 2, 3, 0, 4, 5, 6, 0]);
  });

  test("keeps the meaning of 8-bit values", () => {
    const q = quantized([2, 2], [1, 2, 3, 4], 0.25, 7);
    const types = [
      typeOf("reshape", [q], { shape: [4] }),
      typeOf("transpose", [q], { permutation: [1, 0] }),
      typeOf("concat", [q, q], { axis: 0 }),
      typeOf("slice", [q], { starts: [0, 0], sizes: [1, 1], steps: [1, 1] }),
      typeOf("gather", [q, tensorOf("i64", [1], [0])], { axis: 0 }),
      typeOf("expand", [q], { shape: [3, 2, 2] }),
      typeOf("pad", [q], { mode: "constant", before: [0, 0], after: [1, 1], value: 7 }),
    ];
    for (const type of types) expect(type.quantization).toEqual(q.quantization);
  });
});

describe("between reals and integers", () => {
  test("quantize rounds half to even and saturates", () => {
    const attrs = { dtype: "i8", scales: [0.5], zeroPoints: [3] } as const;
    const x = vector(0, 0.25, 0.75, -0.25, 100, -100, NaN);
    expect(numbers("quantize", [x], attrs)).toEqual([3, 3, 5, 3, 127, -128, -128]);
  });

  test("quantize and dequantize per channel", () => {
    const attrs = { dtype: "i8", scales: [1, 0.5], zeroPoints: [0, 10], axis: 1 } as const;
    const x = f32([2, 2], [3, 3, -4, -4]);
    expect(numbers("quantize", [x], attrs)).toEqual([3, 16, -4, 2]);
    const { dtype: _, ...quantization } = attrs;
    const q = { tensor: tensorOf("i8", [2, 2], [3, 16, -4, 2]), quantization };
    expect(numbers("dequantize", [q], {})).toEqual([3, 3, -4, -4]);
  });

  test("dequantize rounds the scale and the product", () => {
    const f = Math.fround;
    expect(numbers("dequantize", [quantized([1], [7], 0.1, -3)], {})).toEqual([f(10 * f(0.1))]);
    const bias = {
      tensor: tensorOf("i32", [1], [2 ** 24 + 1]),
      quantization: { scales: [1], zeroPoints: [0] },
    };
    expect(numbers("dequantize", [bias], {})).toEqual([2 ** 24]);
  });

  test("dequantize takes the meaning of bare integers from its attributes", () => {
    const bare = tensorOf("u8", [2], [0, 200]);
    const quantization = { scales: [0.5], zeroPoints: [128] };
    expect(numbers("dequantize", [bare], { quantization })).toEqual([-64, 36]);
    const typed = quantized([1], [3], 0.25, 1);
    expect(
      numbers("dequantize", [typed], { quantization: { scales: [1], zeroPoints: [0] } }),
    ).toEqual([3]);
  });

  test.each([
    ["u4", [0, 15]],
    ["i4", [-8, 7]],
    ["i2", [-2, 1]],
    ["u8", [0, 255]],
    ["i16", [-1000, 1000]],
  ] as const)("quantize to %s", (dtype, expected) => {
    const attrs = { dtype, scales: [1], zeroPoints: [0] };
    expect(numbers("quantize", [vector(-1000, 1000)], attrs)).toEqual(expected);
  });
});
