/**
 * @file How activations become integers: the formats, and the scale and zero
 * point that a range leads to.
 *
 * What is never negative uses the whole format above zero; other values use
 * all of i8 with the zero point that fits their range. Scales are f32, as
 * files hold them.
 */

import type { ActivationChoice } from "../../core/abi.ts";
import { dtypeRange } from "../../core/dtype.ts";
import { clampTo, compose, type Interval } from "../../core/interval.ts";
import { INT8_RANGE, quantizeClamp } from "../../core/quantized-layer.ts";
import type { Quantization } from "../../core/requantize.ts";
import { isNonNegative, type Network, type StepIndex } from "../network/network.ts";

/**
 * `int8`: 256 levels, zero point −128 after a ReLU. `u7`: 0…127 after a ReLU,
 * zero point 0. `u4`: 0…15 after a ReLU, zero point 0; averages, whose values
 * are finer than those that they are taken of, as with `u7`.
 */
export type ActivationFormat = ActivationChoice;

/** How the values of one step are held. */
export type StepFormat = "signed" | ActivationFormat;

/** Whether a step's values can be negative, and which of the formats it takes. */
export function stepFormat(
  network: Network,
  index: StepIndex,
  format: ActivationFormat,
): StepFormat {
  if (!isNonNegative(network, index)) return "signed";
  const isAverage = network.steps[index]!.kind === "average-pool";
  return format === "u4" && isAverage ? "u7" : format;
}

/** The integers of a format for values that are never negative. */
export function unsignedFormat(
  format: ActivationFormat,
): Interval & { readonly zeroPoint: number } {
  switch (format) {
    case "int8":
      return { ...INT8_RANGE, zeroPoint: -128 };
    case "u7":
      return { min: 0, max: 127, zeroPoint: 0 };
    case "u4":
      return { ...dtypeRange("u4"), zeroPoint: 0 };
    default:
      return format satisfies never;
  }
}

/** Levels of signed values: all of i8. */
export const SIGNED_LEVELS = INT8_RANGE.max - INT8_RANGE.min;
/** Ranges narrower than this are taken as this wide. */
export const SMALLEST_RANGE = 2 ** -20;

/** What the integers of an activation mean, and the type in which they leave the trainer. */
export interface ActivationQuantization extends Quantization {
  /** Bounds the integers; they are stored in 8 bits all the same. */
  readonly dtype: "i8" | "u4";
}

/** Scale and zero point for values in `range`. */
export function activationQuantization(
  range: Interval,
  format: StepFormat,
): ActivationQuantization {
  if (format !== "signed") {
    const { min, max, zeroPoint } = unsignedFormat(format);
    const scale = Math.fround(Math.max(range.max, SMALLEST_RANGE) / (max - min));
    return { scale, zeroPoint, dtype: format === "u4" ? "u4" : "i8" };
  }
  const low = Math.min(range.min, 0);
  const high = Math.max(range.max, low + SMALLEST_RANGE, 0);
  const scale = Math.fround((high - low) / SIGNED_LEVELS);
  const zeroPoint = clampTo(Math.round(INT8_RANGE.min - low / scale), INT8_RANGE);
  return { scale, zeroPoint, dtype: "i8" };
}

/** The integers that values within `clamp` can have. */
export function integerBounds(
  clamp: Interval | undefined,
  quantization: ActivationQuantization,
): Interval {
  return compose(quantizeClamp(clamp, quantization), dtypeRange(quantization.dtype));
}
