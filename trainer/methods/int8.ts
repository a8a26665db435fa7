/**
 * @file 8-bit weights: w = s·round(w / s), s = max|w| / 127 per output channel.
 * The gradient passes straight through.
 */

import { roundHalfEven } from "../../core/float32.ts";
import { scalar } from "../autodiff/arithmetic.ts";
import { channelAxes, perChannel } from "./channels.ts";
import { plainKind } from "./kind.ts";
import type { WeightMethod } from "./method.ts";

const LIMIT = 127;
/** Scale of a channel of zeros: any positive number represents it. */
const TINY = 2 ** -100;

export const int8: WeightMethod = {
  name: "int8",
  weights: "int8",
  schedules: [],
  forward: (ops, weight) => {
    const axes = channelAxes(ops.shapeOf(weight));
    const largest = ops.op("reduce-max", [ops.unary("abs", weight)], { axes, keepDims: true });
    const scale = ops.max(ops.mul(largest, scalar(1 / LIMIT)), scalar(TINY));
    const integers = ops.unary("round", ops.div(weight, scale));
    return { value: ops.mul(integers, scale) };
  },
  quantize: (weight, shape) => {
    const values = new Int8Array(weight.length);
    const scales = perChannel(shape, (from, to) => {
      let largest = 0;
      for (let i = from; i < to; i++) largest = Math.max(largest, Math.abs(weight[i]!));
      const scale = Math.max(largest / LIMIT, TINY);
      for (let i = from; i < to; i++) values[i] = roundHalfEven(weight[i]! / scale);
      return scale;
    });
    return { values, scales };
  },
};

export const int8Kind = plainKind(int8, "8-bit weights, symmetric, one scale per output channel");
