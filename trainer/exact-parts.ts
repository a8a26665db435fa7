/** @file How weights are cut by input channels into parts whose sums f32 holds exactly. */

import { elementCount } from "../core/shape.ts";
import type { LinearStep } from "./network/network.ts";

/** Integers of smaller magnitude are exact in f32, and so are their sums in any order. */
const EXACT_F32 = 2 ** 24;
/** The largest |q − zero point|. */
const LARGEST_STEP = 255;

/** [M, C/group, …] */
export function weightShape(
  { product, shape }: LinearStep,
  count: number,
  inputs: number,
): number[] {
  if (product.kind === "gemm") return [shape[0]!, inputs];
  const perChannel = product.kernel[0] * product.kernel[1];
  return [shape[0]!, count / (shape[0]! * perChannel), ...product.kernel];
}

/**
 * Ranges of input channels within which no sum can leave the exact range.
 * One range suffices unless the layer is very deep.
 */
export function exactParts(values: Int8Array, shape: readonly number[]): [number, number][] {
  const [outputs, channels] = shape as [number, number];
  const taps = elementCount(shape.slice(2));
  const parts: [number, number][] = [];
  let norms = new Float64Array(outputs);
  let from = 0;
  for (let c = 0; c < channels; c++) {
    const own = Float64Array.from({ length: outputs }, (_, m) => {
      const start = (m * channels + c) * taps;
      return values.subarray(start, start + taps).reduce((sum, w) => sum + Math.abs(w), 0);
    });
    const fits = norms.every((norm, m) => (norm + own[m]!) * LARGEST_STEP < EXACT_F32);
    if (!fits && c > from) {
      parts.push([from, c]);
      from = c;
      norms = own;
    } else {
      norms = norms.map((norm, m) => norm + own[m]!);
    }
  }
  parts.push([from, channels]);
  return parts;
}

/** Weights of input channels from…to − 1. */
export function channelSlice(
  values: Int8Array,
  shape: readonly number[],
  from: number,
  to: number,
): number[] {
  const [outputs, channels] = shape as [number, number];
  const taps = elementCount(shape.slice(2));
  return Array.from({ length: outputs }, (_, m) => [
    ...values.subarray((m * channels + from) * taps, (m * channels + to) * taps),
  ]).flat();
}
