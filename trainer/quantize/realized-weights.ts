/** @file The float weights that a float stage's forward pass uses. */

import { heldValues } from "../methods/held.ts";
import { linearSteps, type Network, type Parameters, parameterNames } from "../network/network.ts";
import type { StagePlan } from "../step/plan.ts";

/** `parameters` with every weight as its method realises it: masked, on its sphere. */
export function realizedWeights(
  network: Network,
  parameters: Parameters,
  plan: StagePlan,
): Parameters {
  const realized = new Map(parameters);
  for (const step of linearSteps(network)) {
    const method = plan.methods.get(step.name)!;
    if (method.realize === undefined) continue;
    const { weight } = parameterNames(step);
    const { data, shape } = parameters.get(weight)!;
    const values = method.realize(data, shape, heldValues(step, method, parameters));
    realized.set(weight, { dtype: "f32", shape, data: values });
  }
  return realized;
}
