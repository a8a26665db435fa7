/**
 * @file Ternary weights by threshold, trained straight through.
 *
 *     Δ = 0.7 · E|w|        per output channel
 *     t = sign(w) where |w| > Δ, else 0
 *     α = E[|w| where t ≠ 0]
 *
 * The forward weight is α·t. Its gradient is the weight's, except where
 * |w| > 1: there it is cut off, so that weights cannot run away from the
 * threshold.
 *
 * **Source** Li, Zhang, Liu: Ternary Weight Networks (2016), sections 2.2 and 2.3.
 */

import { scalar } from "../autodiff/arithmetic.ts";
import { channelAxes, perChannel } from "./channels.ts";
import { plainKind } from "./kind.ts";
import type { WeightMethod } from "./method.ts";

const THRESHOLD = 0.7;
const CLIP = 1;

export const twn: WeightMethod = {
  name: "twn",
  weights: "ternary",
  schedules: [],
  forward: (ops, weight) => {
    const axes = channelAxes(ops.shapeOf(weight));
    const size = ops.unary("abs", weight);
    const threshold = ops.mul(ops.mean(size, axes, true), scalar(THRESHOLD));
    const kept = ops.indicator(ops.compare("greater", size, threshold));
    const count = ops.max(ops.sum(kept, axes, true), scalar(1));
    const scale = ops.div(ops.sum(ops.mul(size, kept), axes, true), count);
    const trits = ops.mul(ops.unary("sign", weight), kept);
    const inside = ops.compare("less-or-equal", size, scalar(CLIP));
    return {
      value: ops.mul(trits, scale),
      gradient: dValue => ops.where(inside, dValue, scalar(0)),
    };
  },
  quantize: (weight, shape) => {
    const values = new Int8Array(weight.length);
    const scales = perChannel(shape, (from, to) => {
      let sum = 0;
      for (let i = from; i < to; i++) sum += Math.abs(weight[i]!);
      const threshold = (THRESHOLD * sum) / (to - from);
      let kept = 0;
      let count = 0;
      for (let i = from; i < to; i++) {
        if (Math.abs(weight[i]!) <= threshold) continue;
        values[i] = Math.sign(weight[i]!);
        kept += Math.abs(weight[i]!);
        count++;
      }
      return count === 0 ? 0 : kept / count;
    });
    return { values, scales };
  },
};

export const twnKind = plainKind(
  twn,
  "ternary weights, threshold 0.7·E|w|, straight-through gradient",
);
