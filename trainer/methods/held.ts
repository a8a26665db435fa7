/** @file The values that the host holds for weights, among the tensors of a run. */

import type { Tensor } from "../../core/tensor.ts";
import {
  type LinearStep,
  linearSteps,
  type Network,
  type Parameters,
  parameterNames,
} from "../network/network.ts";
import type { HeldValues, WeightMethod } from "./method.ts";
import { RADIUS } from "./sphere.ts";

const HELD = "held/";

/** The name of the tensor, and of the graph's input. */
export function heldName(weight: string, value: string): string {
  return `${HELD}${weight}/${value}`;
}

/** What is held for the weight of `step`; computed where nothing is yet. */
export function heldValues(
  step: LinearStep,
  method: WeightMethod,
  parameters: Parameters,
  progress = 1,
): HeldValues {
  const { weight } = parameterNames(step);
  const { shape } = parameters.get(weight)!;
  const names = Object.keys(method.holding?.shapes(shape) ?? {});
  const found = names.map(name => parameters.get(heldName(weight, name))?.data);
  if (found.some(data => data === undefined)) return computed(step, method, parameters, progress);
  return new Map(names.map((name, i) => [name, found[i]!]));
}

/** By name of the linear step. */
type Methods = ReadonlyMap<string, WeightMethod>;
type Tensors = Map<string, Tensor<"f32">>;

/** Computes anew what is held for every weight, into `tensors`. */
export function holdAll(
  network: Network,
  methods: Methods,
  tensors: Tensors,
  progress: number,
): void {
  for (const step of linearSteps(network)) {
    hold(step, methods.get(step.name)!, tensors, progress);
  }
}

/** The same, for the start of a stage, where nothing is held yet. */
export function holdMissing(network: Network, methods: Methods, tensors: Tensors): void {
  for (const step of linearSteps(network)) {
    const method = methods.get(step.name)!;
    const { weight } = parameterNames(step);
    const names = Object.keys(method.holding?.shapes(tensors.get(weight)!.shape) ?? {});
    if (names.some(name => !tensors.has(heldName(weight, name)))) hold(step, method, tensors, 0);
  }
}

function hold(step: LinearStep, method: WeightMethod, tensors: Tensors, progress: number): void {
  if (method.holding === undefined) return;
  const { weight } = parameterNames(step);
  const shapes = method.holding.shapes(tensors.get(weight)!.shape);
  for (const [name, data] of computed(step, method, tensors, progress)) {
    tensors.set(heldName(weight, name), { dtype: "f32", shape: shapes[name]!, data });
  }
}

/** Forgets what an earlier stage held; a radius stays, for the weight still has it. */
export function forgetHeld(tensors: Tensors): void {
  for (const name of [...tensors.keys()]) {
    if (name.startsWith(HELD) && !name.endsWith(`/${RADIUS}`)) tensors.delete(name);
  }
}

function computed(
  step: LinearStep,
  method: WeightMethod,
  parameters: Parameters,
  progress: number,
): HeldValues {
  if (method.holding === undefined) return new Map();
  const name = parameterNames(step).weight;
  const { data, shape } = parameters.get(name)!;
  const before = new Map<string, Float32Array>();
  for (const value of Object.keys(method.holding.shapes(shape))) {
    const held = parameters.get(heldName(name, value));
    if (held !== undefined) before.set(value, held.data);
  }
  const normed = step.norm !== undefined;
  return method.holding.compute({ weight: data, shape, progress, normed, before });
}
