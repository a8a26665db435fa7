/** @file What is said where activations stay real although the call asks for more. */

import { describe, expect, test } from "vitest";
import { type LowerModelOptions, lowerModel } from "../compiler/lower-model.ts";
import { tensorOf } from "../core/tensor.ts";
import { parseGraph } from "../model/ir/parse.ts";

const CONV =
  "{dilations=[1, 1], group=1, kernel=[1, 1], layout=nhwc, pads=[0, 0, 0, 0], strides=[1, 1]}";
const float = network("(2, 1, -3, 4, 5, 7)");
const ternary = network("(2, 0, -2, 2, 3, -3)");
const CALIBRATE = "give samples of the model's data to calibrate on: --calibrate KIND:PATH";

function network(weights: string) {
  return parseGraph(`graph net(%0 x: f32[1,2,2,2]) {
  %1 = const f32[3,2,1,1]${weights}
  %2 = conv %0, %1 ${CONV} : f32[1,2,2,3]  // a
  return y = %2
}
`);
}

function warnings(options: LowerModelOptions, graph = float) {
  const { diagnostics } = lowerModel(graph, options);
  for (const { code, severity } of diagnostics) {
    expect([code, severity]).toEqual(["compile/needs-calibration", "warning"]);
  }
  return diagnostics.map(({ message, notes, help }) => [message, ...notes, help]);
}

describe("without samples", () => {
  test("nothing is said of a plain compilation", () => {
    expect(warnings({})).toEqual([]);
    expect(warnings({ weights: "f32", optimize: "speed" })).toEqual([]);
  });

  test.each(["u7", "u4"] as const)("%s has no effect", activations => {
    const message = `--activations ${activations} has no effect: there are no samples to tell ranges from`;
    expect(warnings({ activations })).toEqual([[message, CALIBRATE]]);
  });

  test.each(["balanced", "speed"] as const)("%s has nothing to choose from", optimize => {
    const message = `--optimize ${optimize} has no choice: lists and code are for ternary weights and integer activations`;
    expect(warnings({ optimize })).toEqual([[message, `${CALIBRATE}, and --weights ternary`]]);
    expect(warnings({ optimize }, ternary)).toEqual([[message, CALIBRATE]]);
  });

  test("all of it is one warning", () => {
    const found = warnings({ weights: "ternary", activations: "u4", optimize: "speed" });
    expect(found).toEqual([
      [
        "only the weights are ternary; activations stay f32",
        expect.stringContaining("--activations u4"),
        "8-bit activations are several times as fast",
        expect.stringContaining("--optimize speed"),
        CALIBRATE,
      ],
    ]);
  });
});

test("with samples nothing is said", () => {
  const samples = [{ x: tensorOf("f32", [1, 2, 2, 2], [1, -2, 3, 4, 5, 6, 7, 8]) }];
  expect(warnings({ samples, activations: "u4", optimize: "speed", weights: "ternary" })).toEqual(
    [],
  );
});
