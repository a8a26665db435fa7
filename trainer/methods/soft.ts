/**
 * @file Ternary weights by soft steps that grow sharp: a control arm without a
 * straight-through estimator.
 *
 *     ŵ = α · (σ(T · (w − Δ) / α) + σ(T · (w + Δ) / α) − 1)
 *     dw = dŵ · T · (σ₋(1 − σ₋) + σ₊(1 − σ₊))
 *
 * T grows geometrically until `end` of the stage; then the forward weights are
 * the trits themselves, α·t, so that what is exported is what norms have seen.
 * Δ and α = E[|w| where |w| > Δ] are held: the gradient is exact.
 *
 * **Source** Yang et al. 2019 (Quantization Networks, arXiv 1911.09464), section 3.
 */

import { z } from "zod";
import type { NodeId } from "../../model/ir/graph.ts";
import { type Arithmetic, scalar } from "../autodiff/arithmetic.ts";
import { channelColumn, perChannel } from "./channels.ts";
import { methodKind } from "./kind.ts";
import type { ForwardWeight, MethodInputs, WeightMethod } from "./method.ts";
import { shareOf, thresholdOptions, thresholdsOf, tritsOf } from "./thresholds.ts";
import { namesIn } from "./zeros.ts";

const NAME = "soft";
/** Held, one per filter: Δ and α. */
const [THRESHOLD, SCALE] = ["threshold", "scale"] as const;
/** Scheduled: T, and 1 while steps are soft, then 0. */
const [TEMPERATURE, SOFTNESS] = ["temperature", "softness"] as const;
/** Stands in for the scale of a filter without weights. */
const TINY = 2 ** -60;

const positive = z.number().positive();

const options = {
  threshold: thresholdOptions.default(() => thresholdOptions.parse({ kind: "optimal" })),
  /** T at the start, and at `end`. */
  from: positive.default(3),
  to: positive.default(100),
  /** The share of the stage after which steps are hard. */
  end: z.number().gt(0).max(1).default(0.9),
};
type SoftOptions = z.output<z.ZodObject<typeof options>>;

export const softKind = methodKind(
  NAME,
  "ternary weights by sums of sigmoids that grow sharp, then by steps",
  options,
  soft,
);

function soft({ threshold, from, to, end }: SoftOptions): WeightMethod {
  return {
    name: NAME,
    weights: "ternary",
    schedules: [
      { name: TEMPERATURE, at: progress => from * (to / from) ** Math.min(progress / end, 1) },
      { name: SOFTNESS, at: progress => (progress < end ? 1 : 0) },
    ],
    holding: {
      shapes: shape => ({ [THRESHOLD]: channelColumn(shape), [SCALE]: channelColumn(shape) }),
      compute: request => {
        const { weight, shape } = request;
        const thresholds = thresholdsOf(weight, shape, threshold, request);
        return new Map([
          [THRESHOLD, thresholds],
          [SCALE, Float32Array.from(scalesOf(weight, shape, thresholds))],
        ]);
      },
      share: shareOf(threshold),
    },
    ...(threshold.kind === "sparsity" && namesIn(threshold.zeros)),
    forward,
    quantize: (weight, shape, held) => ({
      values: tritsOf(weight, shape, held.get(THRESHOLD)!),
      scales: [...held.get(SCALE)!],
    }),
  };
}

function forward(ops: Arithmetic, weight: NodeId, inputs: MethodInputs): ForwardWeight {
  const [threshold, scale] = [inputs.held(THRESHOLD), inputs.held(SCALE)];
  const temperature = inputs.schedule(TEMPERATURE);
  const slope = ops.div(temperature, ops.max(scale, scalar(TINY)));
  const step = (distance: NodeId): NodeId => ops.op("sigmoid", [ops.mul(distance, slope)], {});
  const [upper, lower] = [step(ops.sub(weight, threshold)), step(ops.add(weight, threshold))];
  const smooth = ops.sub(ops.add(upper, lower), scalar(1));
  const kept = ops.indicator(ops.compare("greater", ops.unary("abs", weight), threshold));
  const trits = ops.mul(ops.unary("sign", weight), kept);
  const isSoft = ops.compare("greater", inputs.schedule(SOFTNESS), scalar(0));
  const bell = (s: NodeId): NodeId => ops.mul(s, ops.sub(scalar(1), s));
  return {
    value: ops.mul(ops.where(isSoft, smooth, trits), scale),
    gradient: dValue => {
      const steepness = ops.mul(ops.add(bell(upper), bell(lower)), temperature);
      return ops.mul(dValue, steepness);
    },
  };
}

/** E[|w| where |w| > Δ] per filter. */
function scalesOf(
  weight: Float32Array,
  shape: readonly number[],
  thresholds: ArrayLike<number>,
): number[] {
  return perChannel(shape, (from, to, channel) => {
    const own = thresholds[channel]!;
    const kept = weight
      .subarray(from, to)
      .map(Math.abs)
      .filter(size => size > own);
    return kept.length === 0 ? 0 : kept.reduce((sum, size) => sum + size, 0) / kept.length;
  });
}
