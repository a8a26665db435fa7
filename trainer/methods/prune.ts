/**
 * @file Magnitude pruning while training: float weights, ever more of them zero.
 *
 *     s(t) = s1 + (s0 − s1) · (1 − (t − t0) / (t1 − t0))³      share of zeros
 *
 * The smallest |w| are masked in the forward pass and set to zero after the
 * update, so they never return. On the sphere what is left is normalised again.
 * Without the sphere this is the usual baseline, fine-tuned as it goes.
 *
 * **Source** Zhu & Gupta 2017, section 3; on the sphere after Liu & Liu 2022
 * (arXiv 2212.12653).
 */

import { z } from "zod";
import type { NodeId } from "../../model/ir/graph.ts";
import type { Arithmetic } from "../autodiff/arithmetic.ts";
import { perChannel } from "./channels.ts";
import { methodKind } from "./kind.ts";
import type { HoldRequest, LayerWeight, MethodInputs, WeightMethod } from "./method.ts";
import {
  emitOnSphere,
  emitTangent,
  holdRadius,
  onSphere,
  RADIUS,
  radiusShape,
  type SphereUpkeep,
  sphereOptions,
} from "./sphere.ts";
import { shareOf, type ThresholdOptions, thresholdScope, thresholdsOf } from "./thresholds.ts";
import { layerZeros, namesIn, zerosOf } from "./zeros.ts";

const NAME = "prune";
/** Held: 1 for what stays, 0 for what goes. */
const MASK = "mask";
const share = z.number().min(0).max(1);

const options = {
  /** Share of zeros at the end, of all layers or by layer, and at the start. */
  zeros: layerZeros,
  initialZeros: share.default(0),
  /** Where in the stage zeros begin to grow, and where they stop. */
  begin: share.default(0),
  end: share.default(0.75),
  /** Zeros are counted per filter, over the layer, or over all layers. */
  scope: thresholdScope.default("layer"),
  sphere: sphereOptions,
};
type PruneOptions = z.output<z.ZodObject<typeof options>>;

export const pruneKind = methodKind(
  NAME,
  "float weights, pruned by magnitude on a cubic schedule",
  options,
  prune,
);

/** The share of zeros of `layer` at `progress`; all at once at `begin` if that is not before `end`. */
export function zerosAt(options: PruneOptions, progress: number, layer = ""): number {
  const { initialZeros, begin, end } = options;
  const zeros = zerosOf(options.zeros, layer);
  if (progress < begin) return initialZeros;
  if (progress >= end) return zeros;
  return zeros + (initialZeros - zeros) * (1 - (progress - begin) / (end - begin)) ** 3;
}

function prune(options: PruneOptions): WeightMethod {
  const { sphere } = options;
  return {
    name: NAME,
    weights: "f32",
    schedules: [],
    holding: {
      shapes: shape => ({ [MASK]: shape, ...radiusShape(shape, sphere) }),
      compute: request =>
        new Map([[MASK, maskOf(request, options)], ...holdRadius(request, sphere)]),
      ...(options.scope === "global" && {
        share: (weights: readonly LayerWeight[], progress: number) =>
          shareOf(thresholdAt(options, progress, ""))!(weights, progress),
      }),
    },
    ...namesIn(options.zeros),
    decays: sphere !== "project",
    project: (ops, weight, inputs) => {
      const masked = ops.mul(weight, inputs.held(MASK));
      return sphere === "project" ? emitOnSphere(ops, masked, inputs.held(RADIUS)) : masked;
    },
    forward: (ops, weight, inputs) => forward(ops, weight, inputs, sphere),
    realize: (weight, shape, held) => {
      const mask = held.get(MASK)!;
      return onSphere(
        weight.map((w, i) => w * mask[i]!),
        shape,
        held,
      );
    },
  };
}

function forward(
  ops: Arithmetic,
  weight: NodeId,
  inputs: MethodInputs,
  sphere: SphereUpkeep,
): ReturnType<WeightMethod["forward"]> {
  const mask = inputs.held(MASK);
  const masked = ops.mul(weight, mask);
  if (sphere === "off") return { value: masked, gradient: dValue => ops.mul(dValue, mask) };
  const radius = inputs.held(RADIUS);
  return {
    value: emitOnSphere(ops, masked, radius),
    gradient: dValue => ops.mul(emitTangent(ops, masked, dValue, radius), mask),
  };
}

function thresholdAt(options: PruneOptions, progress: number, layer: string): ThresholdOptions {
  return { kind: "sparsity", zeros: zerosAt(options, progress, layer), scope: options.scope };
}

function maskOf(request: HoldRequest, options: PruneOptions): Float32Array {
  const { weight, shape, progress, layer } = request;
  if (zerosAt(options, progress, layer) === 0) return new Float32Array(weight.length).fill(1);
  const thresholds = thresholdsOf(weight, shape, thresholdAt(options, progress, layer), request);
  const mask = new Float32Array(weight.length);
  perChannel(shape, (from, to, channel) => {
    const threshold = thresholds[channel]!;
    for (let i = from; i < to; i++) mask[i] = Math.abs(weight[i]!) > threshold ? 1 : 0;
  });
  return mask;
}
