/** @file Runs weight methods outside of training: one weight, evaluated by the oracle. */

import { Random } from "../../core/random.ts";
import { elementCount, type Shape } from "../../core/shape.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { NodeId } from "../../model/ir/graph.ts";
import { evaluate, graphBuilder } from "../../model/ops/index.ts";
import { Arithmetic } from "../../trainer/autodiff/arithmetic.ts";
import { channelColumn } from "../../trainer/methods/channels.ts";
import { buildMethod } from "../../trainer/methods/index.ts";
import type { MethodChoice } from "../../trainer/methods/kind.ts";
import type { HeldValues, MethodInputs, WeightMethod } from "../../trainer/methods/method.ts";

/** Choices that together use every part of every method. */
export const CHOICES: readonly { readonly name: string; readonly choice: Choice }[] = [
  { kind: "float" },
  { kind: "float", sphere: "project" },
  { kind: "float", sphere: "free", penalty: { kind: "cosine" } },
  { kind: "prune", zeros: 0.7 },
  { kind: "prune", zeros: 0.7, scope: "filter", sphere: "project" },
  { kind: "int8" },
  { kind: "int8", bits: 4 },
  { kind: "twn" },
  { kind: "bitnet" },
  { kind: "ternary" },
  { kind: "ternary", threshold: { kind: "sparsity", zeros: 0.7 }, sphere: "project" },
  { kind: "ternary", threshold: { kind: "sparsity", zeros: 0.9, scope: "layer" }, sphere: "free" },
  { kind: "ternary", threshold: { kind: "twn" }, gradient: { kind: "floor" } },
  { kind: "ternary", threshold: { kind: "absmean", scope: "layer" }, gradient: { kind: "bell" } },
  { kind: "ternary", threshold: { kind: "sparsity", zeros: 0.8, scope: "global" } },
  { kind: "ternary", threshold: { kind: "maximum", factor: 0.2 }, sphere: "project" },
  { kind: "ttq" },
  { kind: "ttq", threshold: { kind: "sparsity", zeros: 0.6 }, scales: "filter" },
  { kind: "soft" },
  { kind: "soft", threshold: { kind: "twn", scope: "layer" } },
].map(choice => ({ name: JSON.stringify(choice).replaceAll('"', ""), choice }));

export type Choice = MethodChoice & Readonly<Record<string, unknown>>;

export const methodFor = (choice: Choice): WeightMethod => buildMethod(choice);

export function drawn(shape: Shape, size: number, ...stream: string[]): Tensor<"f32"> {
  const random = new Random(11, ...stream);
  const draw = (): number => size * (2 * random.uniform() - 1);
  return {
    dtype: "f32",
    shape,
    data: Float32Array.from({ length: elementCount(shape) }, draw),
  };
}

export function held(
  method: WeightMethod,
  { data, shape }: Tensor<"f32">,
  normed = true,
  progress = 1,
): HeldValues {
  const before = new Map();
  const request = { layer: "layer", weight: data, shape, progress, normed, before };
  const values = method.holding?.compute(request) ?? new Map();
  return new Map([...values, ...(method.learned?.start(data, shape, values) ?? [])]);
}

/** What `emit` makes of the weight, with what the method holds and schedules as constants. */
export function run(
  method: WeightMethod,
  weight: Tensor<"f32">,
  values: HeldValues,
  emit: (ops: Arithmetic, w: NodeId, inputs: MethodInputs) => NodeId,
  progress = 1,
): Float32Array {
  const ops = new Arithmetic(graphBuilder());
  const w = ops.builder.input("w", "f32", weight.shape);
  const shapes = {
    ...method.holding?.shapes(weight.shape),
    ...method.learned?.shapes(weight.shape),
  };
  const constant = (name: string): NodeId => ops.constant(shapes[name]!, values.get(name)!);
  const inputs: MethodInputs = {
    held: constant,
    learned: constant,
    schedule: name => {
      const { at } = method.schedules.find(schedule => schedule.name === name)!;
      return ops.constant([], [at(progress)]);
    },
  };
  const id = emit(ops, w, inputs);
  const graph = ops.builder.finish("method", [{ name: "result", id }]);
  return evaluate(graph, { w: weight }).result!.data as Float32Array;
}

/** The float weights, filter by filter. */
export function filters(data: ArrayLike<number>, shape: Shape): number[][] {
  const depth = elementCount(shape) / channelColumn(shape)[0]!;
  return Array.from({ length: shape[0]! }, (_, c) =>
    Array.from({ length: depth }, (_, i) => data[c * depth + i]!),
  );
}

export const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, i) => sum + value * b[i]!, 0);

export const lengthOf = (a: readonly number[]): number => Math.sqrt(dot(a, a));

export function expectClose(
  actual: ArrayLike<number>,
  wanted: ArrayLike<number>,
  tolerance: number,
): void {
  const largest = Math.max(...Array.from(wanted, Math.abs), 1e-6);
  if (actual.length !== wanted.length) throw new Error(`${actual.length} of ${wanted.length}`);
  Array.from(wanted).forEach((value, i) => {
    const error = Math.abs(actual[i]! - value) / largest;
    if (!(error < tolerance)) throw new Error(`[${i}]: ${actual[i]} instead of ${value}`);
  });
}
