/** @file Compares what a graph computes before and after a pass. */

import { expect } from "vitest";
import type { Pass } from "../../compiler/passes/index.ts";
import { sameTensor, type Tensor, toNumbers } from "../../core/tensor.ts";
import type { Graph } from "../../model/ir/graph.ts";
import { evaluate } from "../../model/ops/index.ts";
import { randomInputs } from "../fuzz/random-graph.ts";

/** Share of the largest result by which results may differ. */
const ROUNDING = 1e-4;
/** Passes that trade accuracy for size: these only have to stay in the neighbourhood. */
const COARSE: Readonly<Record<string, number>> = {
  "quantize-weights": 0.05,
  "insert-quantization": 0.1,
  "lower-quantized": 0.05,
};
const SAMPLES = 3;

export function expectSameMeaning(pass: Pass, before: Graph, after: Graph): void {
  if (before === after) return;
  for (let seed = 1; seed <= SAMPLES; seed++) {
    const inputs = randomInputs(before, seed);
    const expected = evaluate(before, inputs);
    const actual = evaluate(after, inputs);
    expect(Object.keys(actual).toSorted()).toEqual(Object.keys(expected).toSorted());
    for (const [name, value] of Object.entries(expected)) {
      expectClose(pass, value, actual[name]!);
    }
  }
}

function expectClose(pass: Pass, expected: Tensor, actual: Tensor): void {
  expect(actual.shape).toEqual(expected.shape);
  expect(actual.dtype).toBe(expected.dtype);
  if (pass.accuracy === "exact") {
    const same = sameTensor(actual, expected);
    if (!same) expect(toNumbers(actual)).toEqual(toNumbers(expected));
    expect(same, `${pass.name} says exact`).toBe(true);
    return;
  }
  const [a, b] = [toNumbers(actual), toNumbers(expected)];
  const largest = Math.max(...b.map(Math.abs), 1e-3);
  const step = expected.dtype === "f32" ? 0 : 1;
  const worst = Math.max(...a.map((value, i) => Math.abs(value - b[i]!)), 0);
  expect(worst).toBeLessThanOrEqual((COARSE[pass.name] ?? ROUNDING) * largest + step);
}
