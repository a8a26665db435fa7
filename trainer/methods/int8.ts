/**
 * @file Integer weights: w = s·round(w / s), s = max|w| / L per output
 * channel, where L = 2^(b − 1) − 1 is the largest integer of b bits: 127 of 8.
 * The gradient passes straight through.
 */

import { z } from "zod";
import { roundHalfEven } from "../../core/float32.ts";
import { scalar } from "../autodiff/arithmetic.ts";
import { channelAxes, perChannel } from "./channels.ts";
import { methodKind } from "./kind.ts";
import type { WeightMethod } from "./method.ts";

const NAME = "int8";
const MOST_BITS = 8;
/** Scale of a channel of zeros: any positive number represents it. */
const TINY = 2 ** -100;

/** Weights of `bits` bits, 2 to 8; they are held in 8. */
function integers(bits: number): WeightMethod {
  const limit = 2 ** (bits - 1) - 1;
  return {
    name: NAME,
    weights: "int8",
    schedules: [],
    forward: (ops, weight) => {
      const axes = channelAxes(ops.shapeOf(weight));
      const largest = ops.op("reduce-max", [ops.unary("abs", weight)], { axes, keepDims: true });
      const scale = ops.max(ops.mul(largest, scalar(1 / limit)), scalar(TINY));
      const values = ops.unary("round", ops.div(weight, scale));
      return { value: ops.mul(values, scale) };
    },
    quantize: (weight, shape) => {
      const values = new Int8Array(weight.length);
      const scales = perChannel(shape, (from, to) => {
        let largest = 0;
        for (let i = from; i < to; i++) largest = Math.max(largest, Math.abs(weight[i]!));
        const scale = Math.max(largest / limit, TINY);
        for (let i = from; i < to; i++) values[i] = roundHalfEven(weight[i]! / scale);
        return scale;
      });
      return { values, scales };
    },
  };
}

export const int8 = integers(MOST_BITS);

export const int8Kind = methodKind(
  NAME,
  "weights of 8 bits or, by option, fewer; symmetric, one scale per output channel",
  { bits: z.int().min(2).max(MOST_BITS).optional() },
  ({ bits = MOST_BITS }) => integers(bits),
);
