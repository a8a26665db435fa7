/**
 * @file The integer form of one convolution or matrix product.
 *
 * The compiler lowers a layer with these functions and the trainer simulates
 * it with them, so both hold the same integers by construction:
 *
 *     acc[c]  = Σ w·q + bias[c]
 *     bias[c] = round(b[c] / (s_in·s_w[c])) − zp_in · Σ w
 *
 * The halo of a padded input reads as zp_in, hence one bias serves every
 * pixel. The rest is `requantize.ts`.
 */

import { quantize32 } from "./float32.ts";
import { clampTo, type Interval, including } from "./interval.ts";
import {
  deriveRequantization,
  type Quantization,
  type Requantization,
  requantize,
} from "./requantize.ts";

/** What requantising needs to know of a layer's integer weights, per output channel. */
export interface WeightSummary {
  readonly scales: readonly number[];
  /** Σ w */
  readonly sums: readonly number[];
  /** Σ |w|, the L1 norm. */
  readonly norms: readonly number[];
}

export interface QuantizedLayer {
  /** `min` and `max` bound the integers that occur; padding may add the zero point. */
  readonly input: Quantization & Interval;
  readonly weights: WeightSummary;
  /** Real bias per output channel; absent if there is none. */
  readonly bias?: ArrayLike<number>;
}

export interface RequantizedLayer {
  readonly bias: Int32Array;
  readonly requantization: Requantization;
  /**
   * Whether results are those of the sums, to within `TOLERANCE`. They are not
   * where 16 bits cut off a sum that its multiplier leaves inside the range:
   * of a channel with a large bias and weights far smaller than the others'.
   */
  readonly holds: boolean;
}

export interface DequantizedLayer {
  readonly bias: Int32Array;
  /** real = f32(acc) · scales[c] */
  readonly scales: readonly number[];
  /** Whether every bias is held as it is, not cut off. */
  readonly holds: boolean;
}

export const INT8_RANGE: Interval = { min: -128, max: 127 };
/** Biases are kept within ± this, half of the accumulator's range. */
const BIAS_LIMIT = 2 ** 30;
/** s_w·s_in/s_out of a layer without any weights: a bias of ±255 steps fits 16 bits. */
const WEIGHTLESS_RATIO = 2 ** -7;
/** Steps of the output that roundings of t, m and q may add up to. */
const TOLERANCE = 2;

/** Sums and norms of `weights`, [channels][k], channel after channel. */
export function summarizeWeights(
  weights: ArrayLike<number>,
  scales: readonly number[],
): WeightSummary {
  const depth = weights.length / scales.length;
  const sums: number[] = [];
  const norms: number[] = [];
  for (let c = 0; c < scales.length; c++) {
    let sum = 0;
    let norm = 0;
    for (let i = c * depth; i < (c + 1) * depth; i++) {
      sum += weights[i]!;
      norm += Math.abs(weights[i]!);
    }
    sums.push(sum);
    norms.push(norm);
  }
  return { scales, sums, norms };
}

/** The bounds of q that a clamp of the real value becomes: quantising is monotone, so exact. */
export function quantizeClamp(
  clamp: Interval | undefined,
  { scale, zeroPoint }: Quantization,
): Interval {
  const { min, max } = INT8_RANGE;
  if (clamp === undefined) return INT8_RANGE;
  return {
    min: quantize32(clamp.min, scale, zeroPoint, min, max),
    max: quantize32(clamp.max, scale, zeroPoint, min, max),
  };
}

/**
 * Integer bias and requantisation of a layer whose output is 8-bit.
 *
 * A channel without weights has no scale of its own: it takes the largest of
 * the others, so that its bias keeps as many bits as they do.
 *
 * **Requires** Σ|w| · 128 < 2^30 per channel: the accumulator cannot overflow.
 */
export function deriveConvRequantization(
  layer: QuantizedLayer,
  output: Quantization & Interval,
): RequantizedLayer {
  const { input, weights } = layer;
  const live = weights.scales.filter((_, c) => weights.norms[c]! > 0);
  const spare = Math.max(...live, 0) || (WEIGHTLESS_RATIO * output.scale) / input.scale;
  const scales = weights.scales.map((scale, c) => (weights.norms[c]! > 0 ? scale : spare));
  const bias = integerBias(layer, scales);
  const ratios = scales.map(scale => (input.scale * scale) / output.scale);
  const bounds = ratios.map((_, c) => {
    const { min, max } = sumsOf(layer, c);
    return Math.max(Math.abs(min + bias[c]!), Math.abs(max + bias[c]!));
  });
  const requantization = deriveRequantization(ratios, bounds, output);
  const holds = scales.every((scale, c) =>
    holdsChannel(layer, c, { scale, bias: bias[c]!, requantization, output }),
  );
  return { bias, requantization, holds };
}

/** What `holds` says, for channel `c`. */
function holdsChannel(
  layer: QuantizedLayer,
  c: number,
  derived: {
    readonly scale: number;
    readonly bias: number;
    readonly requantization: Requantization;
    readonly output: Quantization & Interval;
  },
): boolean {
  const { scale, bias, requantization, output } = derived;
  const unit = layer.input.scale * scale;
  const centre = layer.input.zeroPoint * layer.weights.sums[c]!;
  const own = Math.round((layer.bias?.[c] ?? 0) / unit);
  const { min, max } = sumsOf(layer, c);
  // The integer result and the real one rise with the sum: its ends show where one stays behind.
  return [min, centre, max].every(sum => {
    const ideal = output.zeroPoint + ((sum - centre + own) * unit) / output.scale;
    const got = requantize(sum + bias, requantization, c);
    return Math.abs(got - clampTo(ideal, output)) <= TOLERANCE;
  });
}

/** Integer bias and scales of a layer whose output is real. */
export function deriveConvDequantization(layer: QuantizedLayer): DequantizedLayer {
  const { input, weights, bias } = layer;
  // Without weights, one unit of the accumulator is the bias itself.
  const units = weights.scales.map((scale, c) =>
    weights.norms[c]! > 0 ? scale : Math.abs(bias?.[c] ?? 0) / input.scale || scale,
  );
  const integers = integerBias(layer, units);
  const holds = integers.every(integer => Math.abs(integer) < BIAS_LIMIT);
  return {
    bias: integers,
    scales: units.map(unit => Math.fround(input.scale * unit)),
    holds,
  };
}

/** The range of Σ w·q of channel `c` over all inputs within range, padding included. */
function sumsOf({ input, weights }: QuantizedLayer, c: number): Interval {
  const { min, max } = including(input, input.zeroPoint);
  const positive = (weights.norms[c]! + weights.sums[c]!) / 2;
  const negative = (weights.norms[c]! - weights.sums[c]!) / 2;
  return { min: positive * min - negative * max, max: positive * max - negative * min };
}

function integerBias(layer: QuantizedLayer, scales: readonly number[]): Int32Array {
  const { input, weights, bias } = layer;
  const limit = { min: -BIAS_LIMIT, max: BIAS_LIMIT };
  return Int32Array.from(scales, (scale, c) => {
    const unit = input.scale * scale;
    const own = unit > 0 ? Math.round((bias?.[c] ?? 0) / unit) : 0;
    return clampTo(clampTo(own, limit) - input.zeroPoint * weights.sums[c]!, limit);
  });
}
