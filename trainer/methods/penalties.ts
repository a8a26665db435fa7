/**
 * @file Penalties that bring float weights close to pruned or ternary ones
 * before anything is rounded. Means over filters, of u = w / ‖w‖:
 *
 *     tail-energy      P1 = Σ u_i² where |w_i| ≤ Δ      what is pruned goes to 0
 *     cosine           P2 = 1 − ⟨u, t⟩ / √k             u turns to its own trits t
 *     squared-cosine   P2′ = P2²                        weaker close to them
 *
 * Δ and t are taken as constants. The strength grows with the cube of time from
 * 10 % to 80 % of the stage, then stays.
 *
 * **Source** P1 after Liu & Liu 2022 (arXiv 2212.12651), P2 after 2212.12649.
 */

import { z } from "zod";
import type { NodeId } from "../../model/ir/graph.ts";
import { type Arithmetic, scalar } from "../autodiff/arithmetic.ts";
import { channelAxes } from "./channels.ts";
import type { MethodSchedule, Penalty } from "./method.ts";
import { emitNorm, emitTangent } from "./sphere.ts";
import { thresholdOptions } from "./thresholds.ts";

const positive = z.number().positive();

export const penaltyOptions = z.strictObject({
  kind: z.enum(["tail-energy", "cosine", "squared-cosine"]),
  /** Tells what is pruned, and the trits. */
  threshold: thresholdOptions.default(() => thresholdOptions.parse({ kind: "sparsity" })),
  strength: z
    .union([z.strictObject({ lambda: positive }), z.strictObject({ ratio: positive })])
    .default({ ratio: 0.3 }),
});

export type PenaltyOptions = z.output<typeof penaltyOptions>;

const RAMP_START = 0.1;
const RAMP_END = 0.8;

/** How the strength grows. */
export const PENALTY_RAMP: MethodSchedule = {
  name: "penalty-ramp",
  at: progress => {
    const share = (progress - RAMP_START) / (RAMP_END - RAMP_START);
    return Math.min(Math.max(share, 0), 1) ** 3;
  },
};

/** The penalty of one weight, given Δ, [M, 1, …], on the weight's own scale. */
export function emitPenalty(
  ops: Arithmetic,
  weight: NodeId,
  threshold: NodeId,
  kind: PenaltyOptions["kind"],
): Penalty {
  const u = ops.div(weight, emitNorm(ops, weight));
  const kept = ops.indicator(ops.compare("greater", ops.unary("abs", weight), threshold));
  const { perFilter, gradient } =
    kind === "tail-energy"
      ? tailEnergy(ops, u, kept)
      : cosineDistance(ops, u, kept, kind === "squared-cosine");
  const filters = ops.shapeOf(weight)[0]!;
  const ofMean = ops.mul(gradient, scalar(1 / filters));
  const value = ops.mul(ops.sum(perFilter, [0]), scalar(1 / filters));
  return { value, gradient: emitTangent(ops, weight, ofMean, ops.filled([], 1)) };
}

interface FilterPenalty {
  /** [M] */
  readonly perFilter: NodeId;
  /** With respect to u. */
  readonly gradient: NodeId;
}

function tailEnergy(ops: Arithmetic, u: NodeId, kept: NodeId): FilterPenalty {
  const tail = ops.mul(u, ops.sub(scalar(1), kept));
  return {
    perFilter: ops.sum(ops.mul(tail, tail), channelAxes(ops.shapeOf(u))),
    gradient: ops.mul(tail, scalar(2)),
  };
}

function cosineDistance(ops: Arithmetic, u: NodeId, kept: NodeId, squared: boolean): FilterPenalty {
  const axes = channelAxes(ops.shapeOf(u));
  const count = ops.max(ops.sum(kept, axes, true), scalar(1));
  const direction = ops.div(ops.mul(ops.unary("sign", u), kept), ops.unary("sqrt", count));
  const cosine = ops.sum(ops.mul(u, direction), axes, true);
  const distance = ops.sub(scalar(1), cosine);
  const slope = squared ? ops.mul(distance, scalar(-2)) : scalar(-1);
  const filters = ops.shapeOf(u)[0]!;
  const value = squared ? ops.mul(distance, distance) : distance;
  return { perFilter: ops.reshape(value, [filters]), gradient: ops.mul(direction, slope) };
}
