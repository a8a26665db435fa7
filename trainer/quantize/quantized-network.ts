/**
 * @file A trained network in 8-bit and ternary numbers: what is exported, and
 * what the integer forward computes with.
 *
 * Batch normalisation is folded: its gain goes into the weights' scales (a
 * negative gain turns the signs of the weights), the rest into the bias.
 * Scales and biases are f32, as the file holds them, so the compiler derives
 * the same integers.
 */

import type { Quantization } from "../../core/requantize.ts";
import { elementCount, type Shape } from "../../core/shape.ts";
import { InternalError } from "../../model/diagnostics/diagnostic.ts";
import { channelNorms } from "../methods/channels.ts";
import { heldValues } from "../methods/held.ts";
import type { WeightMethod } from "../methods/method.ts";
import {
  isComputing,
  type LinearStep,
  NETWORK_INPUT,
  type Network,
  type Parameters,
  parameterNames,
  type StepIndex,
} from "../network/network.ts";
import type { InputQuantization } from "../step/input.ts";
import type { StagePlan } from "../step/plan.ts";
import { type ActivationQuantization, activationQuantization, stepFormat } from "./activation.ts";
import { rangeOf } from "./range.ts";

export interface QuantizedLayerWeights {
  readonly weights: "int8" | "ternary";
  /** [M, …] */
  readonly values: Int8Array;
  /** f32, one per output channel; 0 never occurs. */
  readonly scales: readonly number[];
  /** f32, what zeros stand for, one per output channel; absent where that is 0. */
  readonly means?: readonly number[];
  /** f32, real, one per output channel. */
  readonly bias: Float32Array;
}

export interface QuantizedNetwork {
  readonly network: Network;
  readonly input: InputQuantization;
  /** By name of the linear step. */
  readonly layers: ReadonlyMap<string, QuantizedLayerWeights>;
  /** Per step: what the integers of its result mean; absent for the logits. */
  readonly quantizations: readonly (ActivationQuantization | undefined)[];
}

/** Scale of a channel that has none of its own: without weights any positive number serves. */
const SPARE_SCALE = 1;

/** The integers that `parameters` stand for under `plan`. Requires a plan that quantises. */
export function quantizeNetwork(
  network: Network,
  parameters: Parameters,
  plan: StagePlan,
  input: InputQuantization,
): QuantizedNetwork {
  const layers = new Map<string, QuantizedLayerWeights>();
  for (const step of network.steps) {
    if (step.kind !== "linear") continue;
    layers.set(step.name, quantizeLayer(step, parameters, plan.methods.get(step.name)!));
  }
  const quantizations = quantizationsOf(network, parameters, plan, input);
  return { network, input, layers, quantizations };
}

/** What a step's input means: the network's own input is i8 after the shift of pixels. */
export function inputQuantizationOf(net: QuantizedNetwork, index: StepIndex): Quantization {
  return index === NETWORK_INPUT ? ownQuantization(net.input) : net.quantizations[index]!;
}

function ownQuantization({ dtype, mean, scale }: InputQuantization): ActivationQuantization {
  return { scale, zeroPoint: dtype === "u8" ? mean - 128 : mean, dtype: "i8" };
}

function quantizeLayer(
  step: LinearStep,
  parameters: Parameters,
  method: WeightMethod,
): QuantizedLayerWeights {
  const names = parameterNames(step);
  const weight = parameters.get(names.weight)!;
  if (method.quantize === undefined || method.weights === "f32") {
    throw new InternalError(`quantizeNetwork: method "${method.name}" leaves float weights`);
  }
  const { values, scales, means } = method.quantize(
    weight.data,
    weight.shape,
    heldValues(step, method, parameters),
  );
  const { gains, biases } =
    step.head === undefined ? affineOf(step, parameters) : unitGains(values, scales, weight.shape);
  const depth = elementCount(weight.shape.slice(1));
  const folded = scales.map((scale, channel) => {
    const own = Math.fround(scale * Math.abs(gains[channel]!));
    const channelValues = values.subarray(channel * depth, (channel + 1) * depth);
    if (own === 0) channelValues.fill(0);
    else if (gains[channel]! < 0)
      channelValues.forEach((v, i) => {
        channelValues[i] = -v;
      });
    return own === 0 ? SPARE_SCALE : own;
  });
  return {
    weights: method.weights,
    values,
    scales: folded,
    ...(means && { means: means.map((mean, channel) => Math.fround(mean * gains[channel]!)) }),
    bias: Float32Array.from(biases),
  };
}

/** What brings the rows of a cosine head to length 1; it has no bias. */
function unitGains(
  values: Int8Array,
  scales: readonly number[],
  shape: Shape,
): ReturnType<typeof affineOf> {
  const lengths = channelNorms(values, shape);
  const gains = scales.map((scale, c) => 1 / (scale * lengths[c]! || 1));
  return { gains, biases: scales.map(() => 0) };
}

/** y = gain·(w · x) + bias per channel: the layer's bias and batch normalisation as one. */
export function affineOf(
  step: LinearStep,
  parameters: Parameters,
): { readonly gains: readonly number[]; readonly biases: readonly number[] } {
  const names = parameterNames(step);
  const vector = (name: string): Float32Array => parameters.get(name)!.data;
  const channels = step.product.kind === "conv" ? step.shape[0]! : step.shape.at(-1)!;
  const own = step.bias ? vector(names.bias) : new Float32Array(channels);
  if (step.norm === undefined) return { gains: Array(channels).fill(1), biases: [...own] };
  const [scale, shift] = [vector(names.normScale), vector(names.normBias)];
  const [mean, variance] = [vector(names.normMean), vector(names.normVariance)];
  const { epsilon } = step.norm;
  const gains = Array.from(scale, (gamma, c) => gamma / Math.sqrt(variance[c]! + epsilon));
  const biases = gains.map((gain, c) => shift[c]! + gain * (own[c]! - mean[c]!));
  return { gains, biases };
}

function quantizationsOf(
  network: Network,
  parameters: Parameters,
  plan: StagePlan,
  input: InputQuantization,
): (ActivationQuantization | undefined)[] {
  const quantizations: (ActivationQuantization | undefined)[] = [];
  const last = network.steps.length - 1;
  network.steps.forEach((step, index) => {
    if (index === last) quantizations.push(undefined);
    else if (!isComputing(step)) {
      const [source] = step.inputs;
      const moved = source === NETWORK_INPUT ? ownQuantization(input) : quantizations[source];
      quantizations.push(moved);
    } else {
      const range = rangeOf(parameters, step);
      if (range === undefined || plan.activations === undefined) {
        throw new InternalError(`quantizeNetwork: the range of "${step.name}" was never observed`);
      }
      const format = stepFormat(network, index, plan.activations);
      quantizations.push(activationQuantization(range, format));
    }
  });
  return quantizations;
}
