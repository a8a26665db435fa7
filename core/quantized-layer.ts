/**
 * @file The integer form of one convolution or matrix product.
 *
 * The compiler lowers a layer with these functions and the trainer simulates
 * it with them, so both hold the same integers by construction:
 *
 *     acc[c]  = Σ w·q + mean[c](S) + bias[c]
 *     bias[c] = round(b[c] / (s_in·s_w[c])) − zp_in · Σ w − mean[c](K·zp_in)
 *
 * The halo of a padded input reads as zp_in, hence one bias serves every
 * pixel. S is the sum of q over the window of K, and mean[c] the mean term of
 * `mean-term.ts`, absent where zeros are zeros. The rest is `requantize.ts`.
 */

import { quantize32 } from "./float32.ts";
import { clampTo, type Interval, including } from "./interval.ts";
import { deriveMeanTerm, type MeanTerm, meanOf, meanRange } from "./mean-term.ts";
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
  /** K, weights per output channel. */
  readonly depth: number;
  /** Real means μ that are added to every weight; absent if they are 0. */
  readonly means?: readonly number[];
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
  readonly mean?: MeanTerm;
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
  readonly mean?: MeanTerm;
  /** real = f32(acc) · scales[c] */
  readonly scales: readonly number[];
  /** Whether every bias and mean is held as it is, not cut off. */
  readonly holds: boolean;
}

export const INT8_RANGE: Interval = { min: -128, max: 127 };
const NOTHING: Interval = { min: 0, max: 0 };
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
  means?: readonly number[],
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
  return { scales, sums, norms, depth, ...(means === undefined ? {} : { means }) };
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
  const mean = meanTermOf(layer, scales);
  const bias = integerBias(layer, scales, mean);
  const ratios = scales.map(scale => (input.scale * scale) / output.scale);
  const bounds = ratios.map((_, c) => {
    const { min, max } = sumsOf(layer, c);
    const term = mean === undefined ? NOTHING : meanRange(windowSumsOf(layer), mean, c);
    const [least, most] = [min + term.min + bias[c]!, max + term.max + bias[c]!];
    return Math.max(Math.abs(least), Math.abs(most));
  });
  const requantization = deriveRequantization(ratios, bounds, output);
  const holds =
    hasMeans(layer) === (mean !== undefined) &&
    scales.every((scale, c) =>
      holdsChannel(layer, c, { scale, bias: bias[c]!, mean, requantization, output }),
    );
  return { bias, requantization, holds, ...(mean === undefined ? {} : { mean }) };
}

/** What `holds` says, for channel `c`. */
function holdsChannel(
  layer: QuantizedLayer,
  c: number,
  derived: {
    readonly scale: number;
    readonly bias: number;
    readonly mean: MeanTerm | undefined;
    readonly requantization: Requantization;
    readonly output: Quantization & Interval;
  },
): boolean {
  const { scale, bias, mean, requantization, output } = derived;
  const unit = layer.input.scale * scale;
  const centre = layer.input.zeroPoint * layer.weights.sums[c]!;
  const own = Math.round((layer.bias?.[c] ?? 0) / unit);
  const { min, max } = sumsOf(layer, c);
  const windows = windowSumsOf(layer);
  const ratio = (layer.weights.means?.[c] ?? 0) / scale;
  const [low, high] = ratio < 0 ? [windows.max, windows.min] : [windows.min, windows.max];
  const middle = layer.weights.depth * layer.input.zeroPoint;
  const cases = [
    [min, low],
    [centre, middle],
    [max, high],
  ] as const;
  // The integer result and the real one rise with the sums: their ends show where one stays behind.
  return cases.every(([sum, window]) => {
    const real = sum - centre + own + ratio * (window - middle);
    const ideal = output.zeroPoint + (real * unit) / output.scale;
    const term = mean === undefined ? 0 : meanOf(window, mean, c);
    const got = requantize(sum + term + bias, requantization, c);
    return Math.abs(got - clampTo(ideal, output)) <= TOLERANCE;
  });
}

/** Integer bias and scales of a layer whose output is real. */
export function deriveConvDequantization(layer: QuantizedLayer): DequantizedLayer {
  const { input, weights, bias } = layer;
  // Without weights, one unit of the accumulator is the mean, or the bias itself.
  const units = weights.scales.map((scale, c) => {
    if (weights.norms[c]! > 0) return scale;
    return Math.abs(weights.means?.[c] ?? 0) || Math.abs(bias?.[c] ?? 0) / input.scale || scale;
  });
  const mean = meanTermOf(layer, units);
  const integers = integerBias(layer, units, mean);
  const holds =
    hasMeans(layer) === (mean !== undefined) &&
    integers.every(integer => Math.abs(integer) < BIAS_LIMIT);
  return {
    bias: integers,
    scales: units.map(unit => Math.fround(input.scale * unit)),
    holds,
    ...(mean === undefined ? {} : { mean }),
  };
}

function hasMeans({ weights }: QuantizedLayer): boolean {
  return weights.means?.some(mean => mean !== 0) ?? false;
}

/** The mean term over steps of `units`; `undefined` without means, or if 16 bits do not hold one. */
function meanTermOf(layer: QuantizedLayer, units: readonly number[]): MeanTerm | undefined {
  if (!hasMeans(layer)) return undefined;
  const ratios = layer.weights.means!.map((mean, c) => (mean === 0 ? 0 : mean / units[c]!));
  return deriveMeanTerm(ratios, windowSumsOf(layer));
}

/** The range of Σ q over a window. */
function windowSumsOf({ input, weights }: QuantizedLayer): Interval {
  const { min, max } = including(input, input.zeroPoint);
  return { min: weights.depth * min, max: weights.depth * max };
}

/** The range of Σ w·q of channel `c` over all inputs within range, padding included. */
function sumsOf({ input, weights }: QuantizedLayer, c: number): Interval {
  const { min, max } = including(input, input.zeroPoint);
  const positive = (weights.norms[c]! + weights.sums[c]!) / 2;
  const negative = (weights.norms[c]! - weights.sums[c]!) / 2;
  return { min: positive * min - negative * max, max: positive * max - negative * min };
}

function integerBias(
  layer: QuantizedLayer,
  scales: readonly number[],
  mean: MeanTerm | undefined,
): Int32Array {
  const { input, weights, bias } = layer;
  const limit = { min: -BIAS_LIMIT, max: BIAS_LIMIT };
  const middle = weights.depth * input.zeroPoint;
  return Int32Array.from(scales, (scale, c) => {
    const unit = input.scale * scale;
    const own = unit > 0 ? Math.round((bias?.[c] ?? 0) / unit) : 0;
    const term = mean === undefined ? 0 : meanOf(middle, mean, c);
    return clampTo(clampTo(own, limit) - input.zeroPoint * weights.sums[c]! - term, limit);
  });
}
