/**
 * @file The values that the host holds for weights, and those that are learned
 * along with them, among the tensors of a run.
 */

import type { Tensor } from "../../core/tensor.ts";
import {
  type LinearStep,
  linearSteps,
  type Network,
  type Parameters,
  parameterNames,
} from "../network/network.ts";
import type { HeldValues, LayerWeight, WeightMethod } from "./method.ts";
import { RADIUS } from "./sphere.ts";

const HELD = "held/";
const LEARNED = "learned/";

/** The name of the tensor, and of the graph's input. */
export function heldName(weight: string, value: string): string {
  return `${HELD}${weight}/${value}`;
}

/** The same for a value that is learned. */
export function learnedName(weight: string, value: string): string {
  return `${LEARNED}${weight}/${value}`;
}

/** Whether the tensor `name` is learned along with a weight, and rests when that does. */
export function isLearned(name: string): boolean {
  return name.startsWith(LEARNED);
}

/** What is held and learned for the weight of `step`; computed where nothing is yet. */
export function heldValues(
  step: LinearStep,
  method: WeightMethod,
  parameters: Parameters,
  progress = 1,
): HeldValues {
  const { weight } = parameterNames(step);
  const { data, shape } = parameters.get(weight)!;
  const held =
    found(parameters, heldName, weight, method.holding?.shapes(shape)) ??
    computed(step, method, parameters, progress, sharedOf([step], method, parameters, progress));
  if (method.learned === undefined) return held;
  const learned = found(parameters, learnedName, weight, method.learned.shapes(shape));
  return new Map([...held, ...(learned ?? method.learned.start(data, shape, held))]);
}

/** The tensors that `shapes` names; `undefined` if one is missing. */
function found(
  parameters: Parameters,
  nameOf: (weight: string, value: string) => string,
  weight: string,
  shapes: Readonly<Record<string, unknown>> = {},
): HeldValues | undefined {
  const names = Object.keys(shapes);
  const values = names.map(name => parameters.get(nameOf(weight, name))?.data);
  if (values.some(data => data === undefined)) return undefined;
  return new Map(names.map((name, i) => [name, values[i]!]));
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
  holdFor(network, methods, tensors, progress, () => true);
}

/**
 * The same, for the start of a stage, where nothing is held yet; what is
 * learned gets its first values.
 */
export function holdMissing(network: Network, methods: Methods, tensors: Tensors): void {
  holdFor(network, methods, tensors, 0, (step, method) => {
    const { weight } = parameterNames(step);
    const shapes = method.holding?.shapes(tensors.get(weight)!.shape);
    return found(tensors, heldName, weight, shapes) === undefined;
  });
  for (const step of linearSteps(network)) startLearning(step, methods.get(step.name)!, tensors);
}

function holdFor(
  network: Network,
  methods: Methods,
  tensors: Tensors,
  progress: number,
  wanted: (step: LinearStep, method: WeightMethod) => boolean,
): void {
  const steps = linearSteps(network);
  for (const method of new Set(methods.values())) {
    if (method.holding === undefined) continue;
    const own = steps.filter(step => methods.get(step.name) === method);
    const missing = own.filter(step => wanted(step, method));
    if (missing.length === 0) continue;
    const shared = sharedOf(own, method, tensors, progress);
    for (const step of missing) hold(step, method, tensors, progress, shared);
  }
}

function hold(
  step: LinearStep,
  method: WeightMethod,
  tensors: Tensors,
  progress: number,
  shared: number | undefined,
): void {
  const { weight } = parameterNames(step);
  const shapes = method.holding!.shapes(tensors.get(weight)!.shape);
  for (const [name, data] of computed(step, method, tensors, progress, shared)) {
    tensors.set(heldName(weight, name), { dtype: "f32", shape: shapes[name]!, data });
  }
}

function startLearning(step: LinearStep, method: WeightMethod, tensors: Tensors): void {
  const { weight } = parameterNames(step);
  const { shape } = tensors.get(weight)!;
  const shapes = method.learned?.shapes(shape) ?? {};
  const values = heldValues(step, method, tensors, 0);
  for (const [name, own] of Object.entries(shapes)) {
    const data = values.get(name)!;
    tensors.set(learnedName(weight, name), { dtype: "f32", shape: own, data });
  }
}

/** Forgets what an earlier stage held; a radius stays, for the weight still has it. */
export function forgetHeld(tensors: Tensors): void {
  for (const name of [...tensors.keys()]) {
    if (name.startsWith(HELD) && !name.endsWith(`/${RADIUS}`)) tensors.delete(name);
  }
}

function sharedOf(
  steps: readonly LinearStep[],
  method: WeightMethod,
  parameters: Parameters,
  progress: number,
): number | undefined {
  if (method.holding?.share === undefined) return undefined;
  return method.holding.share(
    steps.map(step => layerWeight(step, parameters)),
    progress,
  );
}

function layerWeight(step: LinearStep, parameters: Parameters): LayerWeight {
  const { data, shape } = parameters.get(parameterNames(step).weight)!;
  return { layer: step.name, weight: data, shape };
}

function computed(
  step: LinearStep,
  method: WeightMethod,
  parameters: Parameters,
  progress: number,
  shared: number | undefined,
): HeldValues {
  if (method.holding === undefined) return new Map();
  const name = parameterNames(step).weight;
  const own = layerWeight(step, parameters);
  const before = new Map<string, Float32Array>();
  for (const value of Object.keys(method.holding.shapes(own.shape))) {
    const held = parameters.get(heldName(name, value));
    if (held !== undefined) before.set(value, held.data);
  }
  const normed = step.norm !== undefined;
  return method.holding.compute({ ...own, progress, normed, before, shared });
}
