/** @file The official ONNX cases and the reference networks compute the same after all passes. */

import { describe, expect, test } from "vitest";
import { lowerPasses, preparePasses, runPasses } from "../compiler/passes/index.ts";
import { supports } from "../compiler/plan/lower/index.ts";
import { type Tensor, toNumbers } from "../core/tensor.ts";
import { ModelError } from "../model/diagnostics/diagnostic.ts";
import type { Graph, Node } from "../model/ir/graph.ts";
import { readOnnx, readTensor } from "../model/onnx/index.ts";
import { evaluate } from "../model/ops/index.ts";
import { absent, readOriginal } from "./data/originals.ts";
import { randomInputs } from "./fuzz/random-graph.ts";
import {
  type BackendCase,
  backendCases,
  type Suite,
  skipWithoutBackendCases,
} from "./onnx/backend-cases.ts";

const SUITES: readonly Suite[] = ["node", "pytorch-converted", "pytorch-operator", "simple"];

function allPasses(graph: Graph): Graph {
  const prepared = runPasses(graph, preparePasses({ weights: "auto" }));
  return runPasses(prepared, lowerPasses({ supports: () => undefined }));
}

/** Largest difference, as a share of the largest result. */
function differenceOf(expected: Tensor, actual: Tensor): number {
  const [a, b] = [toNumbers(expected), toNumbers(actual)];
  const largest = Math.max(...a.filter(Number.isFinite).map(Math.abs), 1e-6);
  const differences = a.map((value, i) => (Object.is(value, b[i]) ? 0 : Math.abs(value - b[i]!)));
  return Math.max(...differences, 0) / largest;
}

function expectSame(graph: Graph, inputs: Readonly<Record<string, Tensor>>, label: string): void {
  const expected = evaluate(graph, inputs);
  const actual = evaluate(allPasses(graph), inputs);
  for (const [name, value] of Object.entries(expected)) {
    expect(actual[name]!.dtype, label).toBe(value.dtype);
    expect(differenceOf(value, actual[name]!), label).toBeLessThan(1e-4);
  }
}

/** The graph and its inputs; `undefined` for what the reader refuses. */
function readCase({ model, name, sets }: BackendCase) {
  try {
    const graph = readOnnx(model, { name });
    const inputs = graph.inputs.map((id, i) => {
      const node = graph.nodes[id] as Node<"input">;
      return [node.attrs.name, readTensor(sets[0]!.inputs[i]!)] as const;
    });
    return { graph, inputs: Object.fromEntries(inputs) };
  } catch (error) {
    if (error instanceof ModelError) return undefined;
    throw error;
  }
}

describe.skipIf(skipWithoutBackendCases())("official cases", () => {
  test.each(SUITES)("%s", suite => {
    const cases = backendCases(suite).flatMap(item => {
      const read = readCase(item);
      return read === undefined ? [] : [{ ...read, name: item.name }];
    });
    expect(cases.length).toBeGreaterThan(1);
    for (const { graph, inputs, name } of cases) expectSame(graph, inputs, name);
  });
});

const NETWORKS = [
  "mlperf-tiny/kws01_dscnn.onnx",
  "mlperf-tiny/ic01_resnet8.onnx",
  "mlperf-tiny/ad01.onnx",
  "models/mnist-8/model.onnx",
  "models/alibaba-tiny/model_kws.onnx",
];

describe.skipIf(absent("mlperf-tiny"))("reference networks", () => {
  test.each(NETWORKS)("%s: the same results, channel-last, kernels for every op", path => {
    const graph = readOnnx(readOriginal(path));
    expectSame(graph, randomInputs(graph, 1), path);
    const lowered = allPasses(graph);
    expect(lowered.nodes.filter(node => node.kind === "transpose")).toEqual([]);
    expect(lowered.nodes.flatMap(node => supports(node, lowered) ?? [])).toEqual([]);
  });
});
