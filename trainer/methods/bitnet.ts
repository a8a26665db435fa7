/**
 * @file Ternary weights in the manner of BitNet b1.58, trained straight through.
 *
 *     γ = E|w|                     over the whole layer
 *     t = round(w / γ), cut to −1…1
 *
 * The forward weight is γ·t; every weight gets its gradient as it is.
 *
 * **Source** Ma et al.: The Era of 1-bit LLMs (2024, arXiv 2402.17764), section 2.
 */

import { roundHalfEven } from "../../core/float32.ts";
import { allAxes, scalar } from "../autodiff/arithmetic.ts";
import { plainKind } from "./kind.ts";
import type { WeightMethod } from "./method.ts";

/** Scale of a layer of zeros. */
const TINY = 2 ** -60;

export const bitnet: WeightMethod = {
  name: "bitnet",
  weights: "ternary",
  schedules: [],
  forward: (ops, weight) => {
    const axes = allAxes(ops.shapeOf(weight).length);
    const scale = ops.max(ops.mean(ops.unary("abs", weight), axes), scalar(TINY));
    const trits = ops.clamp(ops.unary("round", ops.div(weight, scale)), -1, 1);
    return { value: ops.mul(trits, scale) };
  },
  quantize: (weight, shape) => {
    const sum = weight.reduce((total, w) => total + Math.abs(w), 0);
    const scale = Math.max(sum / weight.length, TINY);
    const trits = Int8Array.from(weight, w => Math.max(-1, Math.min(1, roundHalfEven(w / scale))));
    return { values: trits, scales: new Array<number>(shape[0]!).fill(scale) };
  },
};

export const bitnetKind = plainKind(
  bitnet,
  "ternary weights as in BitNet b1.58: w / E|w| rounded, one scale per layer",
);
