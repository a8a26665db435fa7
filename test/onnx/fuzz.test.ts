/** @file Damaged models are read or refused; nothing else ever happens. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { ModelError } from "../../model/diagnostics/diagnostic.ts";
import { listOperators, readOnnx, readTensor, writeOnnx } from "../../model/onnx/index.ts";
import { absent, readOriginal } from "../data/originals.ts";
import { opGraphs } from "./op-graphs.ts";

/** Runs `step`; only a ModelError with diagnostics may come out of it. */
function survives(step: () => unknown): void {
  try {
    step();
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    expect(error.diagnostics.length).toBeGreaterThan(0);
  }
}

const models = opGraphs().map(({ graph }) => writeOnnx(graph));
const anyModel = fc.constantFrom(...models);
const flip = fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 }));

function damaged(bytes: Uint8Array, flips: readonly (readonly [number, number])[]): Uint8Array {
  const copy = Uint8Array.from(bytes);
  for (const [at, bits] of flips) copy[at % copy.length]! ^= bits;
  return copy;
}

test("cut off anywhere", () => {
  fc.assert(
    fc.property(anyModel, fc.nat(), (bytes, length) => {
      survives(() => readOnnx(bytes.subarray(0, length % bytes.length)));
    }),
    { numRuns: 500 },
  );
});

test("with bytes changed", () => {
  fc.assert(
    fc.property(anyModel, fc.array(flip, { minLength: 1, maxLength: 4 }), (bytes, flips) => {
      survives(() => readOnnx(damaged(bytes, flips)));
    }),
    { numRuns: 3000 },
  );
});

test("made of noise", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
      survives(() => readOnnx(bytes));
      survives(() => listOperators(bytes));
      survives(() => readTensor(bytes));
    }),
    { numRuns: 500 },
  );
});

test.skipIf(absent("models/mnist-8"))("a real model, cut off and changed", () => {
  const bytes = readOriginal("models/mnist-8/model.onnx");
  fc.assert(
    fc.property(fc.nat(), fc.array(flip, { maxLength: 3 }), (length, flips) => {
      survives(() => readOnnx(bytes.subarray(0, length % bytes.length)));
      survives(() => readOnnx(damaged(bytes, flips)));
    }),
    { numRuns: 300 },
  );
});
