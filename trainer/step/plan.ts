/** @file How each layer of a network is treated in one stage of training. */

import { float } from "../methods/float.ts";
import type { WeightMethod } from "../methods/method.ts";
import { isDepthwise, linearSteps, type Network } from "../network/network.ts";
import type { ActivationFormat } from "../quantize/activation.ts";

export interface StagePlan {
  /** By name of the linear step. */
  readonly methods: ReadonlyMap<string, WeightMethod>;
  /** Absent: activations stay float. */
  readonly activations?: ActivationFormat;
}

/** The choices of a stage that quantises. */
export interface MethodChoice {
  /** Of every layer that no other entry names. */
  readonly body: WeightMethod;
  readonly first: WeightMethod;
  readonly last: WeightMethod;
  readonly depthwise: WeightMethod;
}

export function planFloat(network: Network): StagePlan {
  return { methods: new Map(linearSteps(network).map(step => [step.name, float])) };
}

export function planQuantized(
  network: Network,
  choice: MethodChoice,
  activations: ActivationFormat,
): StagePlan {
  const steps = linearSteps(network);
  const methods = steps.map((step, i): [string, WeightMethod] => {
    if (i === steps.length - 1) return [step.name, choice.last];
    if (i === 0) return [step.name, choice.first];
    return [step.name, isDepthwise(step) ? choice.depthwise : choice.body];
  });
  return { methods: new Map(methods), activations };
}
