/** @file What happens to accumulators: scale, bias and clamp in f32; requantising in integers. */

import { clampTo, EVERYTHING, type Interval } from "../../core/interval.ts";
import { requantize } from "../../core/requantize.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { Epilogue, Layout } from "../ir/attributes.ts";
import { type Image, imageStrides, shapeOfImage } from "./window.ts";

const f = Math.fround;

/** The clamp as f32 kernels apply it: bounds rounded to f32; without a clamp infinite. */
export function roundedBounds(clamp: Interval | undefined): Interval {
  const { min, max } = clamp ?? EVERYTHING;
  return { min: f(min), max: f(max) };
}

/** What an f32 convolution does with its sums; scales and biases per output channel. */
export interface EpilogueF32 {
  readonly scales: Float32Array | undefined;
  readonly bias: Float32Array | undefined;
  readonly clamp: Interval | undefined;
}

/** Gives each sum of [pixel][channel] its scale, bias and clamp, in place. */
export function finishF32(
  sums: Float32Array,
  channels: number,
  { scales, bias, clamp }: EpilogueF32,
): Float32Array {
  const bounds = roundedBounds(clamp);
  for (let i = 0; i < sums.length; i++) {
    const channel = i % channels;
    let y = sums[i]!;
    if (scales !== undefined) y = f(y * scales[channel]!);
    if (bias !== undefined) y = f(y + bias[channel]!);
    sums[i] = clampTo(y, bounds);
  }
  return sums;
}

/** Turns accumulators of [pixel][channel] into results. */
export function finishI32(
  sums: Int32Array,
  channels: number,
  epilogue: Epilogue,
): Int8Array | Float32Array {
  if (epilogue.kind === "requantize") {
    return Int8Array.from(sums, (acc, i) => requantize(acc, epilogue, i % channels));
  }
  const bounds = roundedBounds(epilogue.clamp);
  const scales = Float32Array.from(epilogue.scales);
  return Float32Array.from(sums, (acc, i) => clampTo(f(f(acc) * scales[i % channels]!), bounds));
}

/** Lays values of [batch][row][column][channel] out as an image. */
export function toImage(
  values: Float32Array | Int8Array,
  image: Image,
  layout: Layout,
): Tensor<"f32" | "i8"> {
  const dtype = values instanceof Float32Array ? "f32" : "i8";
  const shape = shapeOfImage(image, layout);
  if (layout === "nhwc") return { dtype, shape, data: values };
  const data =
    values instanceof Float32Array ? new Float32Array(values.length) : new Int8Array(values.length);
  const to = imageStrides(image, layout);
  const pixels = image.height * image.width;
  for (let n = 0; n < image.batch; n++) {
    for (let pixel = 0; pixel < pixels; pixel++) {
      const from = (n * pixels + pixel) * image.channels;
      for (let c = 0; c < image.channels; c++) {
        data[n * to.batch + c * to.channel + pixel] = values[from + c]!;
      }
    }
  }
  return { dtype, shape, data };
}
