/** @file The float weights that a float stage's forward pass uses. */

import { heldValues } from "../methods/held.ts";
import { unitRows } from "../network/cosine-head.ts";
import { linearSteps, type Network, type Parameters, parameterNames } from "../network/network.ts";
import type { StagePlan } from "../step/plan.ts";

/**
 * `parameters` with every weight as its method realises it: masked, on its
 * sphere; rows of a cosine head at length 1.
 */
export function realizedWeights(
  network: Network,
  parameters: Parameters,
  plan: StagePlan,
): Parameters {
  const realized = new Map(parameters);
  for (const step of linearSteps(network)) {
    const method = plan.methods.get(step.name)!;
    const { weight } = parameterNames(step);
    const { data, shape } = parameters.get(weight)!;
    if (method.realize !== undefined) {
      const values = method.realize(data, shape, heldValues(step, method, parameters));
      realized.set(weight, { dtype: "f32", shape, data: values });
    }
    if (step.head !== undefined) realized.set(weight, unitRows(realized.get(weight)!));
  }
  return realized;
}
