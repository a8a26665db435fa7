/** @file Elementwise ops, by hand. */

import { describe, expect, test } from "vitest";
import { type Tensor, tensorOf, toNumbers } from "../../core/tensor.ts";
import type { OpAttributes } from "../../model/ir/attributes.ts";
import type { OpKind } from "../../model/ir/graph.ts";
import { compute, f32, numbers, quantized, typeOf, vector } from "./compute.ts";

const f = Math.fround;
const ints = (...values: number[]): Tensor => tensorOf("i64", [values.length], values);
const flags = (...values: number[]): Tensor => tensorOf("bool", [values.length], values);

describe("two operands", () => {
  const cases: readonly [OpKind, Tensor, Tensor, number[]][] = [
    ["add", vector(1, 2), vector(0.1, -2), [f(1 + f(0.1)), 0]],
    ["add", ints(2, -3), ints(5, 4), [7, 1]],
    ["sub", vector(1, 2), vector(3), [-2, -1]],
    ["sub", ints(1), ints(3), [-2]],
    ["mul", vector(0.1, 3), vector(0.1, -2), [f(f(0.1) * f(0.1)), -6]],
    ["mul", ints(7), ints(-3), [-21]],
    ["div", vector(1, -1), vector(3, 0), [f(1 / 3), -Infinity]],
    ["div", ints(-7, 7, 1), ints(2, 2, 0), [-3, 3, 0]],
    ["pow", vector(2, 9), vector(10, 0.5), [1024, 3]],
    ["min", vector(1, NaN), vector(2, 1), [1, NaN]],
    ["min", ints(1, -5), ints(2, 7), [1, -5]],
    ["max", vector(1, 5), vector(2, NaN), [2, NaN]],
    ["max", ints(1, -5), ints(2, 7), [2, 7]],
    ["equal", vector(1, 2), vector(1, 3), [1, 0]],
    ["equal", flags(1, 0), flags(1, 1), [1, 0]],
    ["greater", vector(1, 2, 3), vector(2), [0, 0, 1]],
    ["greater-or-equal", vector(1, 2, 3), vector(2), [0, 1, 1]],
    ["less", vector(1, 2, 3), vector(2), [1, 0, 0]],
    ["less-or-equal", ints(1, 2, 3), ints(2), [1, 1, 0]],
    ["and", flags(0, 0, 1, 1), flags(0, 1, 0, 1), [0, 0, 0, 1]],
    ["or", flags(0, 0, 1, 1), flags(0, 1, 0, 1), [0, 1, 1, 1]],
  ];
  test.each(cases)("%s", (kind, a, b, expected) => {
    expect(numbers(kind, [a, b], {} as never)).toEqual(expected);
  });

  test("broadcast both ways", () => {
    const y = compute("sub", [f32([2, 1], [10, 20]), f32([3], [1, 2, 3])], {});
    expect(y.shape).toEqual([2, 3]);
    expect(toNumbers(y)).toEqual([9, 8, 7, 19, 18, 17]);
    expect(compute("add", [f32([], [1]), f32([1, 1], [2])], {}).shape).toEqual([1, 1]);
  });

  test("64-bit integers keep all their bits, narrower ones wrap", () => {
    const big = { dtype: "i64", shape: [1], data: new BigInt64Array([2n ** 62n + 1n]) } as const;
    expect(compute("max", [big, ints(0)], {}).data[0]).toBe(2n ** 62n + 1n);
    expect(compute("add", [big, big], {}).data[0]).toBe(-(2n ** 63n) + 2n);
    const i32 = tensorOf("i32", [1], [2 ** 31 - 1]);
    expect(numbers("mul", [i32, i32], {})).toEqual([1]);
    expect(numbers("add", [tensorOf("i8", [1], [127]), tensorOf("i8", [1], [2])], {})).toEqual([
      -127,
    ]);
  });

  test("where picks, broadcasting the condition", () => {
    const y = compute("where", [tensorOf("bool", [2, 1], [1, 0]), vector(1, 2), f32([], [9])], {});
    expect(y.shape).toEqual([2, 2]);
    expect(toNumbers(y)).toEqual([1, 2, 9, 9]);
    expect(compute("where", [flags(1), ints(3), ints(4)], {}).data[0]).toBe(3n);
  });
});

describe("one operand", () => {
  const none = {};
  const cases: readonly [OpKind, Tensor, object, number[]][] = [
    ["neg", vector(1, -2), none, [-1, 2]],
    ["neg", ints(4), none, [-4]],
    ["abs", vector(1, -2), none, [1, 2]],
    ["abs", ints(-4), none, [4]],
    ["sign", vector(3, -2, 0), none, [1, -1, 0]],
    ["sign", ints(-9, 0, 2), none, [-1, 0, 1]],
    ["floor", vector(1.5, -1.5), none, [1, -2]],
    ["ceil", vector(1.5, -1.5), none, [2, -1]],
    ["round", vector(0.5, 1.5, 2.5, -0.75, 2 ** 60), none, [0, 2, 2, -1, 2 ** 60]],
    ["sqrt", vector(2, 9), none, [f(Math.SQRT2), 3]],
    ["reciprocal", vector(3, 4), none, [f(1 / 3), 0.25]],
    ["log", vector(1, Math.E), none, [0, f(Math.log(f(Math.E)))]],
    ["leaky-relu", vector(2, -2), { alpha: 0.1 }, [2, f(f(0.1) * -2)]],
    ["hard-sigmoid", vector(-9, 0, 1, 9), { alpha: 0.25, beta: 0.5 }, [0, 0.5, 0.75, 1]],
    ["hard-swish", vector(-4, 0, 4), none, [-0, 0, 4]],
    ["not", flags(0, 1), none, [1, 0]],
    ["clamp", vector(-1, 3, 9), { min: 0, max: 6 }, [0, 3, 6]],
    ["clamp", vector(-1, 3, 9), { min: 8, max: 6 }, [6, 6, 6]],
    ["clamp", vector(-1, NaN), { min: 0, max: Infinity }, [0, NaN]],
    ["clamp", ints(-5, 3), { min: 0, max: Infinity }, [0, 3]],
    ["cast", vector(1.9, -1.9, NaN, 300), { to: "i64" }, [1, -1, 0, 300]],
    ["cast", vector(1.9, -1.9, 300), { to: "u8" }, [1, 255, 44]],
    ["cast", ints(2, 0), { to: "bool" }, [1, 0]],
    ["cast", ints(2, -7), { to: "f32" }, [2, -7]],
    ["cast", flags(1, 0), { to: "f32" }, [1, 0]],
  ];
  test.each(cases)("%s of case %#", (kind, x, attrs, expected) => {
    expect(numbers(kind, [x], attrs as OpAttributes[OpKind])).toEqual(expected);
  });

  const close: readonly [OpKind, (x: number) => number][] = [
    ["sigmoid", x => 1 / (1 + Math.exp(-x))],
    ["tanh", Math.tanh],
    ["exp", Math.exp],
    ["hard-swish", x => x * Math.min(Math.max(x / 6 + 0.5, 0), 1)],
  ];
  test.each(close)("%s is near the function", (kind, exact) => {
    const values = Array.from({ length: 2001 }, (_, i) => f((i - 1000) / 100));
    const y = numbers(kind, [vector(...values)], {} as never);
    for (const [i, x] of values.entries()) {
      const error = Math.abs(y[i]! - exact(x)) / Math.max(Math.abs(exact(x)), 2 ** -20);
      expect(error, `at ${x}`).toBeLessThan(2 ** -21);
    }
  });

  test("erf", () => {
    const y = numbers("erf", [vector(0, 0.5, 1, -2, 3.9, 4, -50)], {});
    const exact = [0, 0.5204998778, 0.8427007929, -0.995322265, 0.9999999652, 1, -1];
    for (const [i, value] of exact.entries()) expect(y[i]).toBeCloseTo(value, 7);
    expect(numbers("erf", [vector(NaN)], {})).toEqual([NaN]);
  });

  test("clamp keeps the quantization of 8-bit values and bounds the integers", () => {
    const x = quantized([3], [-100, 5, 100], 0.25, -3);
    const attrs = { min: -3, max: 20 };
    expect(numbers("clamp", [x], attrs)).toEqual([-3, 5, 20]);
    expect(typeOf("clamp", [x], attrs).quantization).toEqual(x.quantization);
  });

  test("f64 is not rounded to f32", () => {
    const x = tensorOf("f64", [1], [0.1]);
    expect(numbers("mul", [x, x], {})).toEqual([0.1 * 0.1]);
    expect(numbers("neg", [x], {})).toEqual([-0.1]);
    expect(numbers("clamp", [x], { min: 0.2, max: 1 })).toEqual([0.2]);
  });
});
