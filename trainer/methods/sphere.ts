/**
 * @file The hyperspherical layer on weights: only a filter's direction counts.
 *
 *     u = w / ‖w‖            the forward weight is r · u
 *     dL/dw = r · (I − u uᵀ) dL/d(r·u) / ‖w‖
 *
 * The radius r is 1 where batch normalisation follows, and takes the place of
 * the layer's own scale; elsewhere it is the norm that the filter first had.
 * At export the scale goes into the layer, so the network is a plain one.
 *
 * Two ways of upkeep: `project` puts w back onto the sphere after every update
 * and knows no weight decay; `free` leaves its length to the optimiser.
 *
 * **Source** after Liu & Liu 2022 (arXiv 2212.12653); the layer: Liu et al. 2017.
 */

import { z } from "zod";
import type { Shape } from "../../core/shape.ts";
import type { NodeId } from "../../model/ir/graph.ts";
import { type Arithmetic, scalar } from "../autodiff/arithmetic.ts";
import { channelAxes, channelColumn, channelNorms, perChannel } from "./channels.ts";
import type { HeldValues, HoldRequest, MethodInputs } from "./method.ts";

export const sphereOptions = z.enum(["off", "project", "free"]).default("off");
export type SphereUpkeep = z.output<typeof sphereOptions>;

/** Held: the radius of every filter. */
export const RADIUS = "radius";
/** Stands in for the norm of a filter of zeros. */
const TINY = 2 ** -60;

/** [M, 1, …] */
export function emitNorm(ops: Arithmetic, weight: NodeId): NodeId {
  const axes = channelAxes(ops.shapeOf(weight));
  const square = ops.sum(ops.mul(weight, weight), axes, true);
  return ops.max(ops.unary("sqrt", square), scalar(TINY));
}

/** r · w / ‖w‖ */
export function emitOnSphere(ops: Arithmetic, weight: NodeId, radius: NodeId): NodeId {
  return ops.mul(weight, ops.div(radius, emitNorm(ops, weight)));
}

/** The gradient of w, given that of r · w / ‖w‖. */
export function emitTangent(
  ops: Arithmetic,
  weight: NodeId,
  gradient: NodeId,
  radius: NodeId,
): NodeId {
  const norm = emitNorm(ops, weight);
  const u = ops.div(weight, norm);
  const along = ops.sum(ops.mul(u, gradient), channelAxes(ops.shapeOf(weight)), true);
  return ops.mul(ops.sub(gradient, ops.mul(u, along)), ops.div(radius, norm));
}

/** What a method with this upkeep says of projection and decay. */
export function upkeepOf(upkeep: SphereUpkeep): {
  readonly decays: boolean;
  readonly project?: (ops: Arithmetic, weight: NodeId, inputs: MethodInputs) => NodeId;
} {
  if (upkeep !== "project") return { decays: true };
  return {
    decays: false,
    project: (ops, weight, inputs) => emitOnSphere(ops, weight, inputs.held(RADIUS)),
  };
}

export function radiusShape(shape: Shape, upkeep: SphereUpkeep): Readonly<Record<string, Shape>> {
  return upkeep === "off" ? {} : { [RADIUS]: channelColumn(shape) };
}

/** The radius that was held before, or the first one. */
export function holdRadius(
  { weight, shape, normed, before }: HoldRequest,
  upkeep: SphereUpkeep,
): [string, Float32Array][] {
  if (upkeep === "off") return [];
  const kept = before.get(RADIUS);
  if (kept !== undefined) return [[RADIUS, kept]];
  const norms = channelNorms(weight, shape);
  return [[RADIUS, Float32Array.from(norms, norm => (normed ? 1 : Math.max(norm, TINY)))]];
}

/** r · w / ‖w‖ on the host; w where no radius is held. */
export function onSphere(weight: Float32Array, shape: Shape, held: HeldValues): Float32Array {
  const radius = held.get(RADIUS);
  if (radius === undefined) return weight;
  const norms = channelNorms(weight, shape);
  const result = new Float32Array(weight.length);
  perChannel(shape, (from, to, channel) => {
    const factor = radius[channel]! / Math.max(norms[channel]!, TINY);
    for (let i = from; i < to; i++) result[i] = weight[i]! * factor;
  });
  return result;
}
