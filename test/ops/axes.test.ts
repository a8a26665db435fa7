/** @file Ops along axes, and normalisation, by hand. */

import { describe, expect, test } from "vitest";
import { exp32 } from "../../core/float32.ts";
import { tensorOf, toNumbers } from "../../core/tensor.ts";
import { compute, counting, f32, numbers, vector } from "./compute.ts";

const f = Math.fround;

describe("softmax", () => {
  test("sums in order, then divides", () => {
    const [a, b, c] = [exp32(-2), exp32(-1), 1];
    const sum = f(f(a + b) + c);
    const y = numbers("softmax", [vector(0, 1, 2)], { axis: 0 });
    expect(y).toEqual([f(a / sum), f(b / sum), f(c / sum)]);
  });

  test("runs along any axis", () => {
    const x = f32([2, 2], [1, 100, 1, 100]);
    expect(numbers("softmax", [x], { axis: 0 })).toEqual([0.5, 0.5, 0.5, 0.5]);
    expect(numbers("softmax", [x], { axis: 1 })[1]).toBeCloseTo(1, 6);
  });

  test("log-softmax is its logarithm", () => {
    const x = vector(0.3, -2, 4);
    const plain = numbers("softmax", [x], { axis: 0 });
    const logarithm = numbers("log-softmax", [x], { axis: 0 });
    for (const i of [0, 1, 2]) expect(logarithm[i]).toBeCloseTo(Math.log(plain[i]!), 5);
    expect(numbers("log-softmax", [f32([2, 1], [7, -1])], { axis: 1 })).toEqual([0, 0]);
  });
});

describe("reductions", () => {
  const x = counting(2, 3, 2);
  const outer = { axes: [0, 2], keepDims: true };

  test.each([
    ["reduce-sum", [18, 26, 34]],
    ["reduce-mean", [4.5, 6.5, 8.5]],
    ["reduce-max", [8, 10, 12]],
    ["reduce-min", [1, 3, 5]],
    ["reduce-prod", [112, 1080, 3960]],
  ] as const)("%s", (kind, expected) => {
    const y = compute(kind, [x], outer);
    expect(y.shape).toEqual([1, 3, 1]);
    expect(toNumbers(y)).toEqual(expected);
    expect(compute(kind, [x], { ...outer, keepDims: false }).shape).toEqual([3]);
    expect(compute(kind, [x], { axes: [], keepDims: false })).toEqual(x);
  });

  test("of integers and of nothing", () => {
    const shape = tensorOf("i64", [3], [2, 3, 4]);
    expect(compute("reduce-prod", [shape], { axes: [0], keepDims: false }).data[0]).toBe(24n);
    const empty = f32([0], []);
    expect(numbers("reduce-sum", [empty], { axes: [0], keepDims: false })).toEqual([0]);
    expect(numbers("reduce-prod", [empty], { axes: [0], keepDims: false })).toEqual([1]);
  });

  test("round each step of f32, and not of f64", () => {
    const values = [1, 2 ** -24, 2 ** -24];
    const attrs = { axes: [0], keepDims: false };
    expect(numbers("reduce-sum", [vector(...values)], attrs)).toEqual([1]);
    const wide = tensorOf("f64", [3], values);
    expect(numbers("reduce-sum", [wide], attrs)).toEqual([1 + 2 ** -23]);
  });
});

test("arg-max gives the first of equals", () => {
  const x = f32([2, 3], [1, 5, 5, 9, 0, 9]);
  const y = compute("arg-max", [x], { axis: 1, keepDims: true });
  expect(y.dtype).toBe("i64");
  expect(y.shape).toEqual([2, 1]);
  expect(toNumbers(y)).toEqual([1, 0]);
  expect(numbers("arg-max", [x], { axis: 0, keepDims: false })).toEqual([1, 0, 1]);
});

test("one-hot sets one element of the new axis, counting back from the end", () => {
  const x = tensorOf("i64", [3], [1, -1, 5]);
  const last = compute("one-hot", [x], { axis: 1, depth: 3 });
  expect(last.shape).toEqual([3, 3]);
  expect(toNumbers(last)).toEqual([0, 1, 0, 0, 0, 1, 0, 0, 0]);
  expect(numbers("one-hot", [x], { axis: 0, depth: 3 })).toEqual([0, 0, 0, 1, 0, 0, 0, 1, 0]);
});

test("batch-normalization is x·k + b, each step rounded", () => {
  const [scale, bias, mean, variance] = [
    vector(2, 0.3),
    vector(1, 2),
    vector(3, 0.7),
    vector(4, 0.1),
  ];
  const attrs = { axis: 1, epsilon: 1e-3 };
  const y = numbers("batch-normalization", [counting(1, 2, 2), scale, bias, mean, variance], attrs);
  const expected = [1, 2, 3, 4].map((x, i) => {
    const c = i < 2 ? 0 : 1;
    const k = f(scale.data[c]! / f(Math.sqrt(f(variance.data[c]! + f(1e-3)))));
    return f(f(x * k) + f(bias.data[c]! - f(mean.data[c]! * k)));
  });
  expect(y).toEqual(expected);
  expect(y[0]).toBeCloseTo((2 * (1 - 3)) / Math.sqrt(4.001) + 1, 5);
});
