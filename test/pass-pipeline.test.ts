/** @file The whole pipeline: on random graphs after every pass, and what it guarantees. */

import { describe, expect, test } from "vitest";
import {
  calibrate,
  lowerPasses,
  type Pass,
  passList,
  preparePasses,
  runPasses,
} from "../compiler/passes/index.ts";
import type { WeightChoice } from "../core/abi.ts";
import { toNumbers } from "../core/tensor.ts";
import { InternalError } from "../model/diagnostics/diagnostic.ts";
import type { Graph } from "../model/ir/graph.ts";
import { parseGraph } from "../model/ir/parse.ts";
import { printGraph } from "../model/ir/print.ts";
import { evaluate } from "../model/ops/index.ts";
import { type RandomGraphOptions, randomGraph, randomInputs } from "./fuzz/random-graph.ts";
import { expectSameMeaning } from "./passes/same-meaning.ts";

const SEEDS = Array.from({ length: 40 }, (_, i) => i + 1);
const supports = (): undefined => undefined;

/** Runs `passes` and compares the graph before and after each one, but for `skipped`. */
function runCompared(graph: Graph, passes: readonly Pass[], skipped = ""): Graph {
  let before = graph;
  return runPasses(graph, passes, {
    trace(pass, after) {
      if (pass.name !== skipped) expectSameMeaning(pass, before, after);
      before = after;
    },
  });
}

/** Energy of the difference between what two graphs compute, as a share of the energy. */
function noiseOf(before: Graph, after: Graph): number {
  const inputs = randomInputs(before, 1);
  const expected = toNumbers(evaluate(before, inputs).y!);
  const actual = toNumbers(evaluate(after, inputs).y!);
  const power = expected.reduce((sum, value) => sum + value * value, 0);
  const noise = expected.reduce((sum, value, i) => sum + (value - actual[i]!) ** 2, 0);
  return noise / Math.max(power, 1e-6);
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

function calibrated(graph: Graph) {
  return calibrate(
    graph,
    [1, 2, 3, 4].map(seed => randomInputs(graph, seed)),
  );
}

function compile(graph: Graph, weights: WeightChoice): Graph {
  const prepared = runPasses(graph, preparePasses({ weights }));
  return runPasses(prepared, lowerPasses({ ranges: calibrated(prepared), supports }));
}

describe("on random graphs every pass keeps the meaning", () => {
  const cases: readonly [string, WeightChoice, RandomGraphOptions][] = [
    ["f32", "f32", {}],
    ["ternary, detected", "auto", { weights: ["ternary"] }],
    ["mixed weights, channel-last", "auto", { weights: ["f32", "i8", "i2"], layout: "nhwc" }],
    ["batches", "auto", { batch: 2 }],
  ];
  test.each(cases)("prepare: %s", (_, weights, options) => {
    for (const seed of SEEDS) runCompared(randomGraph(seed, options), preparePasses({ weights }));
  });

  test("lower, to f32", () => {
    for (const seed of SEEDS) {
      const prepared = runPasses(randomGraph(seed), preparePasses({ weights: "f32" }));
      runCompared(prepared, lowerPasses({ supports }));
    }
  });

  test("lower, to integers", () => {
    const noise = SEEDS.map(seed => {
      const graph = randomGraph(seed, { weights: ["i8", "i2", "f32"], layers: 4 });
      const prepared = runPasses(graph, preparePasses({ weights: "int8" }));
      const [insert, ...rest] = lowerPasses({ ranges: calibrated(prepared), supports });
      const quantized = insert!.run(prepared);
      // One step of 8 bits may grow through what follows: this one is judged by the median.
      return noiseOf(quantized, runCompared(quantized, rest, "lower-quantized"));
    });
    expect(medianOf(noise)).toBeLessThan(1e-4);
  });
});

test("int8 stays near the float network", () => {
  const noise = SEEDS.map(seed => {
    const graph = randomGraph(seed, { layers: 4, head: true, weights: ["f32"] });
    return noiseOf(graph, compile(graph, "int8"));
  });
  expect(medianOf(noise)).toBeLessThan(1e-3);
});

test("the same model and ranges give the same graph, from recorded keys", () => {
  for (const seed of SEEDS.slice(0, 10)) {
    const prepared = runPasses(randomGraph(seed), preparePasses({ weights: "int8" }));
    const ranges = JSON.parse(JSON.stringify(calibrated(prepared)));
    const again = runPasses(randomGraph(seed), preparePasses({ weights: "int8" }));
    const lowered = runPasses(prepared, lowerPasses({ ranges, supports }));
    expect(printGraph(runPasses(again, lowerPasses({ ranges, supports })))).toBe(
      printGraph(lowered),
    );
  }
});

test("a quantised network computes in integers throughout, channel-last, without transposes", () => {
  const graph = parseGraph(NETWORK);
  const lowered = compile(graph, "int8");
  const kinds = lowered.nodes.map(node => node.kind);
  expect(kinds.filter(kind => kind !== "const")).toEqual([
    "input",
    "quantize",
    "transpose",
    "qconv",
    "qconv",
    "qadd",
    "max-pool",
    "reshape",
    "qgemm",
    "softmax",
  ]);
});

test("normalised u8 pixels reach the first layer through one table", () => {
  const graph = parseGraph(`graph g(%0 x: u8[1,2,2,1]) {
  %1 = const f32[](127.5)
  %2 = const f32[2,1,3,3](${Array.from({ length: 18 }, (_, i) => ((i * 5) % 7) - 3).join(", ")})
  %3 = cast %0 {to=f32} : f32[1,2,2,1]
  %4 = sub %3, %1 : f32[1,2,2,1]
  %5 = div %4, %1 : f32[1,2,2,1]
  %6 = conv %5, %2 {dilations=[1, 1], group=1, kernel=[3, 3], layout=nhwc, pads=[1, 1, 1, 1], strides=[1, 1]} : f32[1,2,2,2]
  return y = %6
}
`);
  const lowered = compile(graph, "int8");
  const kinds = lowered.nodes.map(node => node.kind).filter(kind => kind !== "const");
  expect(kinds).toEqual(["input", "lookup", "qconv"]);
  expect(noiseOf(graph, lowered)).toBeLessThan(1e-3);
});

describe("running passes", () => {
  const graph = parseGraph("graph g(%0 x: f32[2]) {\n  %1 = exp %0 : f32[2]\n  return y = %1\n}\n");
  const breaking: Pass = {
    name: "break-types",
    summary: "claims a type that the op does not have",
    accuracy: "exact",
    run: g => ({
      ...g,
      nodes: g.nodes.map(node => ({ ...node, type: { dtype: "f32", shape: [3] } as const })),
    }),
  };
  const changing: Pass = {
    name: "change-op",
    summary: "computes something else",
    accuracy: "exact",
    run: () => parseGraph("graph g(%0 x: f32[2]) {\n  %1 = tanh %0 : f32[2]\n  return y = %1\n}\n"),
  };

  test("a pass that breaks the graph is named", () => {
    expect(() => runPasses(graph, [breaking])).toThrow(InternalError);
    expect(() => runPasses(graph, [breaking])).toThrow(/pass break-types: .*malformed/);
    expect(() => runPasses(graph, [breaking], { verify: false })).not.toThrow();
  });

  test("a pass that changes results is found by the comparison", () => {
    expect(() => runCompared(graph, [changing])).toThrow();
    expect(() => runCompared(graph, [{ ...changing, accuracy: "rounds" }])).toThrow();
  });

  test("stopAfter ends the run, the trace sees every pass", () => {
    const seen: string[] = [];
    const passes = preparePasses({ weights: "auto" });
    runPasses(graph, passes, {
      stopAfter: "lower-cast",
      trace: (pass, _, changed) => seen.push(`${pass.name} ${changed}`),
    });
    expect(seen).toEqual([
      "check-finite false",
      "eliminate-dead false",
      "eliminate-identity false",
      "lower-cast false",
    ]);
  });

  test("the list names every pass once", () => {
    const names = passList().map(pass => pass.name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain("fuse-clamp");
  });
});

const CONV = "dilations=[1, 1], group=1, layout=nchw, strides=[1, 1]";
const WEIGHTS = "(1, 0.5, -0.25, 0.75)";
const NETWORK = `graph net(%0 x: f32[1,2,4,4]) {
  %1 = const f32[2,2,1,1]${WEIGHTS}
  %2 = const f32[2,2,1,1](0.5, 0.5, -1, 0.25)
  %3 = const f32[3,8] (${Array.from({ length: 24 }, (_, i) => (i % 7) - 3).join(", ")})
  %4 = conv %0, %1 {${CONV}, kernel=[1, 1], pads=[0, 0, 0, 0]} : f32[1,2,4,4]  // a
  %5 = clamp %4 {max=inf, min=0} : f32[1,2,4,4]  // relu
  %6 = conv %5, %2 {${CONV}, kernel=[1, 1], pads=[0, 0, 0, 0]} : f32[1,2,4,4]  // b
  %7 = add %5, %6 : f32[1,2,4,4]  // sum
  %8 = clamp %7 {max=inf, min=0} : f32[1,2,4,4]  // relu2
  %9 = max-pool %8 {dilations=[1, 1], kernel=[2, 2], layout=nchw, pads=[0, 0, 0, 0], strides=[2, 2]} : f32[1,2,2,2]
  %10 = reshape %9 {shape=[1, 8]} : f32[1,8]
  %11 = gemm %10, %3 {alpha=1, beta=1, transposeA=false, transposeB=true} : f32[1,3]  // logits
  %12 = softmax %11 {axis=1} : f32[1,3]
  return y = %12
}
`;
