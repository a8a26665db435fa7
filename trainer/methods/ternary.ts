/**
 * @file Ternary weights, composed: threshold × sphere × gradient shape.
 *
 *     t = sign(w) where |w| > Δ, else 0             Δ: thresholds.ts
 *     ŵ = r · t / √k           on the sphere: of length r, as u itself is
 *     ŵ = E[|w| where t ≠ 0] · t                    off the sphere
 *     dw = tangent(s ⊙ dŵ), or s ⊙ dŵ where |w| ≤ 1     s: gradient-shapes.ts
 *
 * Δ is held by the host and computed anew every few steps; codes follow the
 * weights at every step, and the exported ones are those of the last step.
 *
 * **Source** after Liu & Liu 2022 (arXiv 2212.12649, 2212.12653).
 */

import type { NodeId } from "../../model/ir/graph.ts";
import { type Arithmetic, scalar } from "../autodiff/arithmetic.ts";
import { channelAxes, channelColumn, perChannel } from "./channels.ts";
import {
  emitShape,
  SHARPNESS,
  type ShapeOptions,
  shapeOptions,
  shapeSchedules,
} from "./gradient-shapes.ts";
import { methodKind } from "./kind.ts";
import type { ForwardWeight, MethodInputs, WeightMethod } from "./method.ts";
import {
  emitNorm,
  emitTangent,
  holdRadius,
  RADIUS,
  radiusShape,
  type SphereUpkeep,
  sphereOptions,
  upkeepOf,
} from "./sphere.ts";
import { shareOf, type ThresholdOptions, thresholdOptions, thresholdsOf } from "./thresholds.ts";
import { namesIn } from "./zeros.ts";

const NAME = "ternary";
/** Held: Δ of every filter, on the weight's own scale. */
const THRESHOLD = "threshold";
/** Gradients stop at weights beyond it, off the sphere. */
const CLIP = 1;

export const ternaryKind = methodKind(
  NAME,
  "ternary weights; threshold, sphere and gradient shape by option",
  {
    threshold: thresholdOptions.default(() => thresholdOptions.parse({ kind: "optimal" })),
    sphere: sphereOptions,
    gradient: shapeOptions.default({ kind: "ste" }),
  },
  ({ threshold, sphere, gradient }) => ternary(threshold, sphere, gradient),
);

export function ternary(
  threshold: ThresholdOptions,
  sphere: SphereUpkeep,
  shape: ShapeOptions,
): WeightMethod {
  return {
    name: NAME,
    weights: "ternary",
    schedules: shapeSchedules(shape),
    holding: {
      shapes: weight => ({
        [THRESHOLD]: channelColumn(weight),
        ...radiusShape(weight, sphere),
      }),
      compute: request =>
        new Map([
          [THRESHOLD, thresholdsOf(request.weight, request.shape, threshold, request)],
          ...holdRadius(request, sphere),
        ]),
      share: shareOf(threshold),
    },
    ...(threshold.kind === "sparsity" && namesIn(threshold.zeros)),
    ...upkeepOf(sphere),
    forward: (ops, weight, inputs) => forward(ops, weight, inputs, sphere, shape),
    quantize: (weight, weightShape, held) => {
      const values = new Int8Array(weight.length);
      const [thresholds, radius] = [held.get(THRESHOLD)!, held.get(RADIUS)];
      const scales = perChannel(weightShape, (from, to, channel) => {
        const { sum, count } = signs(weight, values, from, to, thresholds[channel]!);
        const scale = radius === undefined ? sum / count : radius[channel]! / Math.sqrt(count);
        return count === 0 ? 0 : scale;
      });
      return { values, scales };
    },
  };
}

function forward(
  ops: Arithmetic,
  weight: NodeId,
  inputs: MethodInputs,
  sphere: SphereUpkeep,
  shape: ShapeOptions,
): ForwardWeight {
  const axes = channelAxes(ops.shapeOf(weight));
  const size = ops.unary("abs", weight);
  const threshold = inputs.held(THRESHOLD);
  const kept = ops.indicator(ops.compare("greater", size, threshold));
  const count = ops.max(ops.sum(kept, axes, true), scalar(1));
  const root = ops.unary("sqrt", count);
  const trits = ops.mul(ops.unary("sign", weight), kept);
  const radius = sphere === "off" ? undefined : inputs.held(RADIUS);
  const scale =
    radius === undefined
      ? ops.div(ops.sum(ops.mul(size, kept), axes, true), count)
      : ops.div(radius, root);
  // (|u| − Δ/‖w‖)·√k
  const distance = (): NodeId =>
    ops.mul(ops.sub(size, threshold), ops.div(root, emitNorm(ops, weight)));
  const shaped = (dValue: NodeId): NodeId => {
    if (shape.kind === "ste") return dValue;
    const factor = emitShape(ops, shape, distance(), inputs.schedule(SHARPNESS));
    return ops.mul(dValue, factor);
  };
  return {
    value: ops.mul(trits, scale),
    gradient: dValue =>
      radius === undefined
        ? clipped(ops, size, shaped(dValue))
        : emitTangent(ops, weight, shaped(dValue), radius),
  };
}

function clipped(ops: Arithmetic, size: NodeId, gradient: NodeId): NodeId {
  return ops.where(ops.compare("less-or-equal", size, scalar(CLIP)), gradient, scalar(0));
}

/** Writes the trits of one filter; returns the number of those kept, and their sum of |w|. */
function signs(
  weight: Float32Array,
  values: Int8Array,
  from: number,
  to: number,
  threshold: number,
): { readonly sum: number; readonly count: number } {
  let [sum, count] = [0, 0];
  for (let i = from; i < to; i++) {
    const size = Math.abs(weight[i]!);
    if (!(size > threshold)) continue;
    values[i] = Math.sign(weight[i]!);
    sum += size;
    count++;
  }
  return { sum, count };
}
