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
import { clampTo, type Interval } from "./interval.ts";
import { deriveRequantization, type Quantization, type Requantization } from "./requantize.ts";

/** What requantising needs to know of a layer's integer weights, per output channel. */
export interface WeightSummary {
  readonly scales: readonly number[];
  /** Σ w */
  readonly sums: readonly number[];
  /** Σ |w|, the L1 norm. */
  readonly norms: readonly number[];
}

export interface QuantizedLayer {
  /** `min` and `max` bound the integers that occur. */
  readonly input: Quantization & Interval;
  readonly weights: WeightSummary;
  /** Real bias per output channel; absent if there is none. */
  readonly bias?: ArrayLike<number>;
}

export interface RequantizedLayer {
  readonly bias: Int32Array;
  readonly requantization: Requantization;
}

export interface DequantizedLayer {
  readonly bias: Int32Array;
  /** real = f32(acc) · scales[c] */
  readonly scales: readonly number[];
}

export const INT8_RANGE: Interval = { min: -128, max: 127 };
/** Biases are kept within ± this, half of the accumulator's range. */
const BIAS_LIMIT = 2 ** 30;
/** s_w·s_in/s_out of a layer without any weights: a bias of ±255 steps fits 16 bits. */
const WEIGHTLESS_RATIO = 2 ** -7;

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
  const bounds = ratios.map((_, c) => accumulatorBound(layer, bias, c));
  return { bias, requantization: deriveRequantization(ratios, bounds, output) };
}

/** Integer bias and scales of a layer whose output is real. */
export function deriveConvDequantization(layer: QuantizedLayer): DequantizedLayer {
  const { input, weights, bias } = layer;
  // Without weights, one unit of the accumulator is the bias itself.
  const units = weights.scales.map((scale, c) =>
    weights.norms[c]! > 0 ? scale : Math.abs(bias?.[c] ?? 0) / input.scale || scale,
  );
  return {
    bias: integerBias(layer, units),
    scales: units.map(unit => Math.fround(input.scale * unit)),
  };
}

/** The largest |acc| of channel `c` over all inputs within range. */
function accumulatorBound({ input, weights }: QuantizedLayer, bias: Int32Array, c: number): number {
  const positive = (weights.norms[c]! + weights.sums[c]!) / 2;
  const negative = (weights.norms[c]! - weights.sums[c]!) / 2;
  const most = positive * input.max - negative * input.min + bias[c]!;
  const least = positive * input.min - negative * input.max + bias[c]!;
  return Math.max(Math.abs(most), Math.abs(least));
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
