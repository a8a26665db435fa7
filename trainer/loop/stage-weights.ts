/** @file What happens to weights between stages. */

import { forgetHeld } from "../methods/held.ts";
import type { Network } from "../network/network.ts";
import { realizedWeights } from "../quantize/realized-weights.ts";
import type { StagePlan } from "../step/plan.ts";
import { type Reinitialization, reinitialize } from "../step/reinitialize.ts";
import { MEMORY } from "../step/training-graph.ts";
import type { StateTensors } from "./state.ts";

/** Before a stage: forgets what the one before remembered and held, and reinitialises if asked to. */
export function prepareWeights(
  network: Network,
  tensors: StateTensors,
  plan: StagePlan,
  options: Reinitialization | undefined,
  seed: number,
): void {
  for (const name of [...tensors.keys()]) if (name.startsWith(MEMORY)) tensors.delete(name);
  forgetHeld(tensors);
  if (options !== undefined) reinitialize(network, tensors, plan, options, seed);
}

/** After a float stage: its weights become those of its forward pass, masked and on their sphere. */
export function settleFloats(network: Network, tensors: StateTensors, plan: StagePlan): void {
  for (const [name, tensor] of realizedWeights(network, tensors, plan)) tensors.set(name, tensor);
}
