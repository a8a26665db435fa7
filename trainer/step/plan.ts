/** @file How each layer of a network is treated in one stage of training. */

import { float } from "../methods/float.ts";
import type { WeightMethod } from "../methods/method.ts";
import { isDepthwise, linearSteps, type Network } from "../network/network.ts";
import type { ActivationFormat } from "../quantize/activation.ts";
import { EXTREMES, type RangeOptions } from "../quantize/range-options.ts";

export interface StagePlan {
  /** By name of the linear step. */
  readonly methods: ReadonlyMap<string, WeightMethod>;
  /** Absent: activations stay float. */
  readonly activations?: ActivationFormat;
  /** How the ranges of activations come about; extremes if absent. */
  readonly ranges?: RangeOptions;
}

/** The methods of a stage, by the place of a layer. */
export interface LayerMethods {
  /** Of every layer that no other entry names. */
  readonly body: WeightMethod;
  readonly first: WeightMethod;
  readonly last: WeightMethod;
  readonly depthwise: WeightMethod;
}

/** Float everywhere; `body` between the first and the last layer, but for depthwise ones. */
export function planFloat(network: Network, body: WeightMethod = float): StagePlan {
  return {
    methods: methodsOf(network, { body, first: float, last: float, depthwise: float }),
  };
}

export function planQuantized(
  network: Network,
  choice: LayerMethods,
  activations: ActivationFormat,
  ranges: RangeOptions = EXTREMES,
): StagePlan {
  return { methods: methodsOf(network, choice), activations, ranges };
}

/** `network` as the methods of `plan` compute it. */
export function networkFor(network: Network, { methods }: StagePlan): Network {
  const steps = network.steps.map(step =>
    step.kind === "linear" && methods.get(step.name)!.cosine
      ? { ...step, cosine: true as const }
      : step,
  );
  return { ...network, steps };
}

/** Methods of one stage, each once; their order names their schedules. */
export function distinctMethods(plan: StagePlan): WeightMethod[] {
  return [...new Set(plan.methods.values())];
}

function methodsOf(network: Network, choice: LayerMethods): Map<string, WeightMethod> {
  const steps = linearSteps(network);
  const methods = steps.map((step, i): [string, WeightMethod] => {
    if (i === steps.length - 1) return [step.name, choice.last];
    if (i === 0) return [step.name, choice.first];
    return [step.name, isDepthwise(step) ? choice.depthwise : choice.body];
  });
  return new Map(methods);
}
