/**
 * @file The modules that every engine runs, with seeded inputs and the oracle's answers.
 *
 * Values that are no number are left out: an engine may choose the bits of a NaN.
 */

import type { Compilation, CompileOptions } from "../../../compiler/index.ts";
import type { SimdTier, TargetName } from "../../../core/abi.ts";
import { type Tensor, tensorOf, toNumbers } from "../../../core/tensor.ts";
import type { Graph } from "../../../model/ir/graph.ts";
import { evaluate, graphBuilder } from "../../../model/ops/index.ts";
import { TARGETS } from "../../../targets/node.ts";
import { modelKind } from "../../../trainer/models/index.ts";
import { Random } from "../../fuzz/random.ts";
import { randomInputs } from "../../fuzz/random-graph.ts";
import { compileGraph, type Inputs, TIERS } from "../../plan/compile-and-compare.ts";

export interface Case {
  readonly name: string;
  readonly compilation: Compilation;
  readonly inputs: readonly Inputs[];
  /** What the oracle makes of each of `inputs`, in the order of the module's outputs. */
  readonly expected: readonly (readonly Tensor[])[];
}

/** Whether code can be written for the module as it is loaded. */
export function hasSlots({ calls }: Compilation["plan"]): boolean {
  return calls.some(({ slot }) => slot !== undefined);
}

interface Model {
  readonly name: string;
  readonly graph: Graph;
  readonly inputs: readonly Inputs[];
  readonly options?: Partial<CompileOptions>;
}

const INPUT_SETS = 3;

/** Every model in both tiers, as a core module and as a command; one for Node as well. */
export function buildCases(): Case[] {
  return models().flatMap((model, i) => {
    const targets: readonly TargetName[] = i === 0 ? ["web", "node", "wasi"] : ["web", "wasi"];
    return targets.flatMap(target => TIERS.map(simd => buildCase(model, target, simd)));
  });
}

function buildCase(
  { name, graph, inputs, options }: Model,
  target: TargetName,
  simd: SimdTier,
): Case {
  const compilation = compileGraph(graph, { ...options, target: TARGETS[target], simd });
  const expected = inputs.map(set => {
    const values = evaluate(compilation.graph, set);
    return compilation.manifest.outputs.map(output => values[output.name]!);
  });
  if (!expected.flat().flatMap(toNumbers).every(Number.isFinite)) {
    throw new Error(`${name}: what is not finite proves nothing`);
  }
  return { name: `${name} ${target} ${simd}`, compilation, inputs, expected };
}

function models(): Model[] {
  const ternary = network("resnet8", [3, 16, 16], 0.25);
  return [
    { name: "f32", ...withInputs(classifier()) },
    { name: "functions", graph: functions(), inputs: [{ x: awkwardNumbers() }] },
    quantized("int8", network("dscnn", [1, 20, 10], 0.125), { weights: "int8" }),
    quantized("ternary", ternary, { weights: "ternary" }),
    quantized("ternary speed", ternary, { weights: "ternary", optimize: "speed" }),
    quantized("ternary at load", ternary, {
      ...{ weights: "ternary", optimize: "speed", activations: "u7", specializeAtLoad: true },
      method: "code",
    }),
  ];
}

function withInputs(graph: Graph): Pick<Model, "graph" | "inputs"> {
  const inputs = Array.from({ length: INPUT_SETS }, (_, seed) => randomInputs(graph, seed + 1));
  return { graph, inputs };
}

function quantized(name: string, graph: Graph, options: Partial<CompileOptions>): Model {
  const { inputs } = withInputs(graph);
  return { name, graph, inputs, options: { ...options, samples: inputs } };
}

function network(name: string, input: readonly number[], width: number): Graph {
  return modelKind(name)!.build({ input, classes: 10, width, seed: 7 });
}

/** Convolutions with the functions that engines' own libraries round in different ways. */
function classifier(): Graph {
  const random = new Random(5);
  const b = graphBuilder();
  const window = { strides: [1, 1], dilations: [1, 1], layout: "nchw" } as const;
  const constant = (...shape: number[]) => b.constant(random.f32(shape, -0.5, 0.5));
  const image = b.input("image", "f32", [1, 3, 11, 9]);
  const padded = { ...window, kernel: [3, 3], pads: [1, 1, 1, 1] } as const;
  const first = b.add("conv", [image, constant(10, 3, 3, 3), constant(10)], {
    ...padded,
    group: 1,
  });
  const bent = b.add("sigmoid", [first], {});
  const second = b.add("conv", [bent, constant(10, 1, 3, 3)], { ...padded, group: 10 });
  const swished = b.add("hard-swish", [b.add("tanh", [second], {})], {});
  const pool = { ...window, kernel: [3, 2], strides: [2, 2], pads: [0, 0, 0, 0] } as const;
  const pooled = b.add("average-pool", [swished], { ...pool, countIncludePad: false });
  const flat = b.add("reshape", [pooled], { shape: [1, 10 * 5 * 4] });
  const product = { transposeA: false, transposeB: true, alpha: 1, beta: 1 };
  const logits = b.add("gemm", [flat, constant(7, 200), constant(7)], product);
  return b.finish("classifier", [
    { name: "scores", id: b.add("softmax", [logits], { axis: 1 }) },
    { name: "features", id: pooled },
  ]);
}

/** Each function with a kernel of its own, over the same numbers. */
function functions(): Graph {
  const b = graphBuilder();
  const x = b.input("x", "f32", [1, AWKWARD]);
  const small = b.add("clamp", [x], { min: -87, max: 88 });
  const apart = b.add("clamp", [b.add("sub", [small, b.constant(one())], {})], {
    min: -Infinity,
    max: -0.5,
  });
  return b.finish("functions", [
    { name: "exp", id: b.add("exp", [small], {}) },
    { name: "sigmoid", id: b.add("sigmoid", [x], {}) },
    { name: "tanh", id: b.add("tanh", [x], {}) },
    { name: "softmax", id: b.add("softmax", [x], { axis: 1 }) },
    { name: "hard-swish", id: b.add("hard-swish", [small], {}) },
    { name: "quotient", id: b.add("div", [small, apart], {}) },
  ]);
}

const AWKWARD = 1021;

function one(): Tensor<"f32"> {
  return tensorOf("f32", [1], [1]);
}

/** Zeros of both signs, subnormals, the largest and the smallest, and many between. */
function awkwardNumbers(): Tensor<"f32"> {
  const random = new Random(6);
  const corners = [0, -0, 1e-45, -1e-45, 1.17e-38, -1.18e-38, 3.4e38, -3.4e38, 88.72, -103.9];
  const values = Array.from({ length: AWKWARD }, (_, i) => {
    const magnitude = 2 ** random.integer(-149, 9);
    return corners[i] ?? random.real(-1, 1) * (i % 2 === 0 ? magnitude : 20);
  });
  return tensorOf("f32", [1, AWKWARD], values);
}
