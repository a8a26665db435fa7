/**
 * @file What means of weights add to the sums of a contraction.
 *
 * S, the sum of x over a window and the channels of a group, is a contraction
 * with ones. In f32 y + round(S · μ) is added to results, in integers the term of
 * core/mean-term.ts to accumulators.
 */

import { type MeanTerm, meanOf } from "../../core/mean-term.ts";
import type { ValueType } from "../ir/graph.ts";
import { type Convolution, convolveF32, convolveI32 } from "./convolution.ts";

const f = Math.fround;

/** The means of quantised weights, rounded to f32; `undefined` if they have none. */
export function meansOf({ quantization }: ValueType): Float32Array | undefined {
  return quantization?.means && Float32Array.from(quantization.means);
}

/** S of every window in f32, as [pixel][group]. */
export function windowSumsF32(conv: Convolution, x: Float32Array): Float32Array {
  const sums = summing(conv);
  return convolveF32(sums, x, new Float32Array(onesOf(sums)).fill(1));
}

/** S of every window in integers, as [pixel][group]; `fill` stands in the padding. */
export function windowSumsI32(conv: Convolution, x: Int8Array, fill: number): Int32Array {
  const sums = summing(conv);
  const ones = new Int8Array(onesOf(sums)).fill(1);
  return convolveI32(sums, x, fill, ones, new Int32Array(sums.output.channels));
}

/** The convolution with one output channel per group. */
function summing(conv: Convolution): Convolution {
  return { ...conv, output: { ...conv.output, channels: conv.attrs.group } };
}

function onesOf({ attrs, input }: Convolution): number {
  return attrs.kernel[0] * attrs.kernel[1] * input.channels;
}

/** Adds S · μ to results of [pixel][channel], in place; `sums` are [pixel][group]. */
export function addMeansF32(
  values: Float32Array,
  channels: number,
  sums: Float32Array,
  means: Float32Array,
): void {
  const perGroup = channels / groupsOf(values, channels, sums);
  for (let i = 0; i < values.length; i++) {
    const sum = sums[Math.floor(i / perGroup)]!;
    values[i] = values[i]! + f(sum * means[i % channels]!);
  }
}

/** Adds the mean terms to accumulators of [pixel][channel], in place. */
export function addMeansI32(
  accumulators: Int32Array,
  channels: number,
  sums: Int32Array,
  mean: MeanTerm,
): void {
  const perGroup = channels / groupsOf(accumulators, channels, sums);
  for (let i = 0; i < accumulators.length; i++) {
    accumulators[i]! += meanOf(sums[Math.floor(i / perGroup)]!, mean, i % channels);
  }
}

function groupsOf(values: ArrayLike<number>, channels: number, sums: ArrayLike<number>): number {
  return values.length === 0 ? 1 : (sums.length * channels) / values.length;
}

/** Sums over rows [rows][depth] in f32, in order, each step rounded. */
export function rowSumsF32(a: Float32Array, rows: number, depth: number): Float32Array {
  return Float32Array.from({ length: rows }, (_, m) => {
    let sum = 0;
    for (let k = m * depth; k < (m + 1) * depth; k++) sum = f(sum + a[k]!);
    return sum;
  });
}

export function rowSumsI32(a: Int8Array, rows: number, depth: number): Int32Array {
  return Int32Array.from({ length: rows }, (_, m) =>
    a.subarray(m * depth, (m + 1) * depth).reduce((sum, x) => sum + x, 0),
  );
}
