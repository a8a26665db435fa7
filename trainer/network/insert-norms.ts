/**
 * @file Gives layers a batch normalisation that changes nothing at first.
 *
 * Networks for inference carry theirs folded into weights and bias, and
 * without one ternary weights do not train. Of a layer y = w·x + b, with mean
 * μ and variance σ² of y per filter:
 *
 *     w' = w·c,  no bias,  running mean (μ − b)·c,  running variance σ²·c²
 *     γ = √(σ²·c² + ε)/c,  β = μ,  c = 1/‖w‖
 *
 * so γ·(w'·x − running mean)/√(running variance + ε) + β = w·x + b exactly.
 * Behind a normalisation the length of a filter means nothing but the pace at
 * which it learns: length 1 suits the learning rates that other networks take.
 */

import type { Tensor } from "../../core/tensor.ts";
import { channelNorms, perChannel } from "../methods/channels.ts";
import { type LinearStep, linearSteps, type Network, parameterNames } from "./network.ts";
import type { RecognizedNetwork } from "./recognize.ts";

/** Of one layer's results, bias included, per output channel. */
export interface Moments {
  readonly means: ArrayLike<number>;
  readonly variances: ArrayLike<number>;
}

/** `insert`: where a layer has none. Default: if no layer has one. */
export type NormChoice = "insert" | "keep";

const EPSILON = 1e-5;

/** The layers that `choice` gives a normalisation: never the last, which gives the scores. */
export function layersWithoutNorm(network: Network, choice: NormChoice | undefined): LinearStep[] {
  const steps = linearSteps(network).slice(0, -1);
  const some = steps.some(step => step.norm !== undefined);
  if (choice === "keep" || (choice === undefined && some)) return [];
  return steps.filter(step => step.norm === undefined);
}

/** The same network with a normalisation in each layer that `moments` names. */
export function insertNorms(
  { network, parameters }: Pick<RecognizedNetwork, "network" | "parameters">,
  moments: ReadonlyMap<string, Moments>,
): Pick<RecognizedNetwork, "network" | "parameters"> {
  const values = new Map(parameters);
  const steps = network.steps.map(step => {
    const own = moments.get(step.name);
    if (step.kind !== "linear" || own === undefined) return step;
    normalize(values, step, own);
    return { ...step, bias: false, norm: { epsilon: EPSILON } };
  });
  return { network: { ...network, steps }, parameters: values };
}

function normalize(
  parameters: Map<string, Tensor<"f32">>,
  step: LinearStep,
  { means, variances }: Moments,
): void {
  const names = parameterNames(step);
  const { shape, data } = parameters.get(names.weight)!;
  const channels = shape[0]!;
  const bias = parameters.get(names.bias)?.data ?? new Float32Array(channels);
  const scales = channelNorms(data, shape).map(length => (length > 0 ? 1 / length : 1));
  const vector = (value: (channel: number) => number): Tensor<"f32"> => {
    const values = Float32Array.from({ length: channels }, (_, c) => value(c));
    return { dtype: "f32", shape: [channels], data: values };
  };
  const scaled = perChannel(shape, (from, to) => data.slice(from, to)).flatMap((filter, c) =>
    Array.from(filter, w => w * scales[c]!),
  );
  const variance = vector(c => variances[c]! * scales[c]! ** 2);
  parameters.set(names.weight, { dtype: "f32", shape, data: Float32Array.from(scaled) });
  parameters.delete(names.bias);
  parameters.set(
    names.normMean,
    vector(c => (means[c]! - bias[c]!) * scales[c]!),
  );
  parameters.set(names.normVariance, variance);
  parameters.set(
    names.normScale,
    vector(c => Math.sqrt(variance.data[c]! + EPSILON) / scales[c]!),
  );
  parameters.set(
    names.normBias,
    vector(c => means[c]!),
  );
}
