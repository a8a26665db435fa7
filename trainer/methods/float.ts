/**
 * @file Float weights: as they are, or on the sphere, with a penalty or without.
 *
 * With `cosine` inputs count by their direction too: every product is divided
 * by the norm of the patch that it sees. No stored weight can hold that norm,
 * so such a network stays float.
 *
 * A penalty prepares weights for a later stage, or for pruning without one: it
 * makes a gap between those that go and those that stay.
 */

import { z } from "zod";
import { channelColumn } from "./channels.ts";
import { methodKind } from "./kind.ts";
import type { WeightMethod } from "./method.ts";
import { emitPenalty, PENALTY_RAMP, type PenaltyOptions, penaltyOptions } from "./penalties.ts";
import {
  emitOnSphere,
  emitTangent,
  holdRadius,
  onSphere,
  RADIUS,
  radiusShape,
  type SphereUpkeep,
  sphereOptions,
  upkeepOf,
} from "./sphere.ts";
import { shareOf, thresholdsOf } from "./thresholds.ts";
import { namesIn } from "./zeros.ts";

const NAME = "float";
/** Held: what the penalty's trits are told by. */
const THRESHOLD = "threshold";

export const float: WeightMethod = {
  name: NAME,
  weights: "f32",
  schedules: [],
  forward: (_, weight) => ({ value: weight }),
};

export const floatKind = methodKind(
  NAME,
  "float weights, float activations; sphere and penalty by option",
  { sphere: sphereOptions, penalty: penaltyOptions.optional(), cosine: z.boolean().default(false) },
  ({ sphere, penalty, cosine }) => ({
    ...(sphere === "off" && penalty === undefined ? float : shaped(sphere, penalty)),
    ...(cosine && { cosine }),
  }),
);

function shaped(sphere: SphereUpkeep, penalty: PenaltyOptions | undefined): WeightMethod {
  return {
    name: NAME,
    weights: "f32",
    schedules: penalty === undefined ? [] : [PENALTY_RAMP],
    ...(penalty?.threshold.kind === "sparsity" && namesIn(penalty.threshold.zeros)),
    ...(penalty && { penalty: { strength: penalty.strength, ramp: PENALTY_RAMP } }),
    holding: {
      shapes: shape => ({
        ...radiusShape(shape, sphere),
        ...(penalty && { [THRESHOLD]: channelColumn(shape) }),
      }),
      compute: request => {
        const held = new Map(holdRadius(request, sphere));
        const { weight, shape } = request;
        if (penalty) held.set(THRESHOLD, thresholdsOf(weight, shape, penalty.threshold, request));
        return held;
      },
      ...(penalty && { share: shareOf(penalty.threshold) }),
    },
    ...upkeepOf(sphere),
    forward: (ops, weight, inputs) => {
      const term = penalty && {
        penalty: emitPenalty(ops, weight, inputs.held(THRESHOLD), penalty.kind),
      };
      if (sphere === "off") return { value: weight, ...term };
      const radius = inputs.held(RADIUS);
      return {
        value: emitOnSphere(ops, weight, radius),
        gradient: dValue => emitTangent(ops, weight, dValue, radius),
        ...term,
      };
    },
    realize: onSphere,
  };
}
