/**
 * @file How activations become 8-bit integers: the formats, and the scale and
 * zero point that an observed range leads to.
 *
 * What is never negative uses the whole format above zero; other values use
 * all of i8 with the zero point that fits their range. Scales are f32, as
 * files hold them.
 */

import type { Interval } from "../../core/interval.ts";
import { clampTo } from "../../core/interval.ts";
import { INT8_RANGE } from "../../core/quantized-layer.ts";
import type { Quantization } from "../../core/requantize.ts";

/** `int8`: 256 levels, zero point −128 after a ReLU. `u7`: 0…127 after a ReLU, zero point 0. */
export type ActivationFormat = "int8" | "u7";
export const ACTIVATION_FORMATS: readonly ActivationFormat[] = ["int8", "u7"];

/** The integers of a format for values that are never negative. */
export function unsignedFormat(
  format: ActivationFormat,
): Interval & { readonly zeroPoint: number } {
  return format === "int8"
    ? { ...INT8_RANGE, zeroPoint: -128 }
    : { min: 0, max: 127, zeroPoint: 0 };
}

/** Levels of signed values: all of i8. */
export const SIGNED_LEVELS = INT8_RANGE.max - INT8_RANGE.min;
/** Ranges narrower than this are taken as this wide. */
export const SMALLEST_RANGE = 2 ** -20;

/** Scale and zero point for values in `range`. */
export function activationQuantization(
  range: Interval,
  nonNegative: boolean,
  format: ActivationFormat,
): Quantization {
  if (nonNegative) {
    const { min, max, zeroPoint } = unsignedFormat(format);
    const scale = Math.fround(Math.max(range.max, SMALLEST_RANGE) / (max - min));
    return { scale, zeroPoint };
  }
  const low = Math.min(range.min, 0);
  const high = Math.max(range.max, low + SMALLEST_RANGE, 0);
  const scale = Math.fround((high - low) / SIGNED_LEVELS);
  const zeroPoint = clampTo(Math.round(INT8_RANGE.min - low / scale), INT8_RANGE);
  return { scale, zeroPoint };
}
