/**
 * @file Trained ternary weights with a learned scale for either sign.
 *
 *     Δ = factor · max|w|
 *     ŵ = a where w > Δ, −b where w < −Δ, else 0
 *     da = Σ dŵ over w > Δ, db = −Σ dŵ over w < −Δ        each over √(number of weights)
 *     dw = a·dŵ, b·dŵ or dŵ in these three places
 *
 * Two scales are no multiple of −1, 0, 1, so weights leave as int8 with three
 * levels per filter: s = max(|a|, |b|) / 127, and a and b in steps of s; the
 * forward pass uses exactly these. The gradients of a and b pass the rounding.
 *
 * **Source** Zhu, Han, Mao, Dally 2016 (arXiv 1612.01064), section 3.1. Dividing by
 * the root moves a scale relatively as far as a weight.
 */

import { z } from "zod";
import { roundHalfEven } from "../../core/float32.ts";
import { elementCount, type Shape } from "../../core/shape.ts";
import type { NodeId } from "../../model/ir/graph.ts";
import { type Arithmetic, allAxes, scalar } from "../autodiff/arithmetic.ts";
import { channelAxes, channelColumn, perChannel } from "./channels.ts";
import { methodKind } from "./kind.ts";
import type { ForwardWeight, HeldValues, MethodInputs, WeightMethod } from "./method.ts";
import { shareOf, type ThresholdOptions, thresholdOptions, thresholdsOf } from "./thresholds.ts";
import { namesIn } from "./zeros.ts";

const NAME = "ttq";
/** Held: Δ of every filter. */
const THRESHOLD = "threshold";
/** Learned: the scale of either sign. */
const [POSITIVE, NEGATIVE] = ["positive", "negative"] as const;
const LIMIT = 127;
/** Stands in for the scale of a filter without weights. */
const TINY = 2 ** -60;

/** Whether all filters of a layer have the same two scales, or each its own. */
const scales = z.enum(["layer", "filter"]).default("layer");
type ScaleScope = z.output<typeof scales>;

export const ttqKind = methodKind(
  NAME,
  "ternary weights with a learned scale for either sign, exported as int8 of three levels",
  {
    threshold: thresholdOptions.default(() =>
      thresholdOptions.parse({ kind: "maximum", scope: "layer" }),
    ),
    scales,
  },
  options => ttq(options.threshold, options.scales),
);

function ttq(threshold: ThresholdOptions, scope: ScaleScope): WeightMethod {
  const shapeOf = (shape: Shape): Shape =>
    scope === "filter" ? channelColumn(shape) : shape.map(() => 1);
  return {
    name: NAME,
    weights: "int8",
    schedules: [],
    holding: {
      shapes: shape => ({ [THRESHOLD]: channelColumn(shape) }),
      compute: request => {
        const { weight, shape } = request;
        return new Map([[THRESHOLD, thresholdsOf(weight, shape, threshold, request)]]);
      },
      share: shareOf(threshold),
    },
    learned: {
      shapes: shape => ({ [POSITIVE]: shapeOf(shape), [NEGATIVE]: shapeOf(shape) }),
      start: (weight, shape, held) => firstScales(weight, shape, held, scope),
    },
    ...(threshold.kind === "sparsity" && namesIn(threshold.zeros)),
    forward: (ops, weight, inputs) => forward(ops, weight, inputs, scope),
    quantize: (weight, shape, held) => {
      const values = new Int8Array(weight.length);
      const [a, b] = [held.get(POSITIVE)!, held.get(NEGATIVE)!];
      const found = perChannel(shape, (from, to, channel) => {
        const own = scope === "filter" ? channel : 0;
        const { step, positive, negative } = levels(a[own]!, b[own]!);
        const threshold = held.get(THRESHOLD)![channel]!;
        for (let i = from; i < to; i++) {
          if (weight[i]! > threshold) values[i] = positive;
          else if (weight[i]! < -threshold) values[i] = -negative;
        }
        return step;
      });
      return { values, scales: found };
    },
  };
}

/** a and b as the integers that leave the trainer. */
function levels(a: number, b: number): { step: number; positive: number; negative: number } {
  const most = Math.max(Math.abs(a), Math.abs(b));
  const step = Math.max(Math.fround(most * Math.fround(1 / LIMIT)), TINY);
  const integer = (scale: number): number => roundHalfEven(Math.fround(scale / step));
  return { step, positive: integer(a), negative: integer(b) };
}

function forward(
  ops: Arithmetic,
  weight: NodeId,
  inputs: MethodInputs,
  scope: ScaleScope,
): ForwardWeight {
  const threshold = inputs.held(THRESHOLD);
  const above = ops.indicator(ops.compare("greater", weight, threshold));
  const below = ops.indicator(ops.compare("less", weight, ops.unary("neg", threshold)));
  const [a, b] = [inputs.learned(POSITIVE), inputs.learned(NEGATIVE)];
  const most = ops.max(ops.unary("abs", a), ops.unary("abs", b));
  const step = ops.max(ops.mul(most, scalar(Math.fround(1 / LIMIT))), scalar(TINY));
  const rounded = (scale: NodeId): NodeId =>
    ops.mul(ops.unary("round", ops.div(scale, step)), step);
  const value = ops.sub(ops.mul(above, rounded(a)), ops.mul(below, rounded(b)));
  const shape = ops.shapeOf(weight);
  const axes = scope === "filter" ? channelAxes(shape) : allAxes(shape.length);
  const count = elementCount(scope === "filter" ? shape.slice(1) : shape);
  const along = (terms: NodeId, sign: number): NodeId =>
    ops.mul(ops.sum(terms, axes, true), scalar(sign / Math.sqrt(count)));
  return {
    value,
    gradient: dValue => {
      const rest = ops.sub(ops.sub(scalar(1), above), below);
      const factor = ops.add(ops.add(ops.mul(above, a), ops.mul(below, b)), rest);
      return ops.mul(dValue, factor);
    },
    learnedGradients: dValue => ({
      [POSITIVE]: along(ops.mul(dValue, above), 1),
      [NEGATIVE]: along(ops.mul(dValue, below), -1),
    }),
  };
}

/** The means of |w| over the weights of either sign. */
function firstScales(
  weight: Float32Array,
  shape: Shape,
  held: HeldValues,
  scope: ScaleScope,
): HeldValues {
  const groups = scope === "filter" ? shape[0]! : 1;
  const perGroup = weight.length / groups;
  const depth = elementCount(shape.slice(1));
  const thresholds = held.get(THRESHOLD)!;
  const meanOf = (sign: number): Float32Array =>
    Float32Array.from({ length: groups }, (_, group) => {
      let [sum, count] = [0, 0];
      for (let i = group * perGroup; i < (group + 1) * perGroup; i++) {
        if (sign * weight[i]! <= thresholds[Math.floor(i / depth)]!) continue;
        sum += sign * weight[i]!;
        count++;
      }
      return count === 0 ? 0 : sum / count;
    });
  return new Map([
    [POSITIVE, meanOf(1)],
    [NEGATIVE, meanOf(-1)],
  ]);
}
