/**
 * @file The loops of convolution, in f32 and in integers.
 *
 * The image is copied into a padded channel-last one, the weights to
 * [m][ky][kx][c], so that sums run in the order (ky, kx, c) over contiguous
 * runs. Taps in the padding are multiplied like all others.
 */

import type { ConvAttributes } from "../ir/attributes.ts";
import { type Image, imageStrides } from "./window.ts";

export type ConvGeometry = Omit<ConvAttributes, "clamp">;

/** One convolution with all its sizes known. */
export interface Convolution {
  readonly attrs: ConvGeometry;
  readonly input: Image;
  readonly output: Image;
}

/** Sums of `x` and `weights` [M, C/group, kH, kW], as [batch][row][column][m]; each step rounded. */
export function convolveF32(
  conv: Convolution,
  x: Float32Array,
  weights: Float32Array,
): Float32Array {
  const plan = planOf(conv);
  const padded = padImage(conv, x, new Float32Array(plan.paddedLength));
  const rows = regroup(conv, weights, new Float32Array(weights.length));
  const sums = new Float32Array(plan.sumCount);
  const { origins, depth, channelsPerGroup, group } = plan;
  const { channels } = conv.output;
  const perGroup = channels / group;
  for (let pixel = 0; pixel < origins.length; pixel++) {
    let out = pixel * channels;
    let m = 0;
    for (let g = 0; g < group; g++) {
      const origin = origins[pixel]! + g * channelsPerGroup;
      const end = m + perGroup;
      for (; m + 4 <= end; m += 4, out += 4) {
        sumFourF32(plan, padded, origin, rows, m * depth, sums, out);
      }
      for (; m < end; m++) sums[out++] = sumF32(plan, padded, origin, rows, m * depth);
    }
  }
  return sums;
}

/** The sum of one window and the weights from `first` on. */
function sumF32(
  { tapOffsets, segment }: Plan,
  padded: Float32Array,
  origin: number,
  rows: Float32Array,
  first: number,
): number {
  let acc = 0;
  let k = first;
  for (let tap = 0; tap < tapOffsets.length; tap++) {
    const start = origin + tapOffsets[tap]!;
    for (let i = start; i < start + segment; i++, k++) {
      acc = Math.fround(acc + Math.fround(padded[i]! * rows[k]!));
    }
  }
  return acc;
}

/** Four of them, of neighbouring channels: each waits for itself only, so that they overlap. */
function sumFourF32(
  { tapOffsets, segment, depth }: Plan,
  padded: Float32Array,
  origin: number,
  rows: Float32Array,
  first: number,
  sums: Float32Array,
  out: number,
): void {
  let k = first;
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let tap = 0; tap < tapOffsets.length; tap++) {
    const start = origin + tapOffsets[tap]!;
    for (let i = start; i < start + segment; i++, k++) {
      const x = padded[i]!;
      a = Math.fround(a + Math.fround(x * rows[k]!));
      b = Math.fround(b + Math.fround(x * rows[k + depth]!));
      c = Math.fround(c + Math.fround(x * rows[k + 2 * depth]!));
      d = Math.fround(d + Math.fround(x * rows[k + 3 * depth]!));
    }
  }
  sums[out] = a;
  sums[out + 1] = b;
  sums[out + 2] = c;
  sums[out + 3] = d;
}

/** As `convolveF32`, on integers; `fill` stands in the padding, sums start from `bias`. */
export function convolveI32(
  conv: Convolution,
  x: Int8Array,
  fill: number,
  weights: Int8Array,
  bias: Int32Array,
): Int32Array {
  const plan = planOf(conv);
  const padded = padImage(conv, x, new Int8Array(plan.paddedLength).fill(fill));
  const rows = regroup(conv, weights, new Int8Array(weights.length));
  const sums = new Int32Array(plan.sumCount);
  const { origins, tapOffsets, segment, depth, channelsPerGroup, group } = plan;
  const { channels } = conv.output;
  const perGroup = channels / group;
  let out = 0;
  for (let pixel = 0; pixel < origins.length; pixel++) {
    for (let m = 0; m < channels; m++) {
      const origin = origins[pixel]! + Math.floor(m / perGroup) * channelsPerGroup;
      let acc = bias[m]!;
      let k = m * depth;
      for (let tap = 0; tap < tapOffsets.length; tap++) {
        const start = origin + tapOffsets[tap]!;
        for (let i = start; i < start + segment; i++, k++) {
          acc = (acc + padded[i]! * rows[k]!) | 0;
        }
      }
      sums[out++] = acc;
    }
  }
  return sums;
}

interface Plan {
  readonly paddedLength: number;
  readonly sumCount: number;
  /** Where each output pixel's window starts in the padded image. */
  readonly origins: Int32Array;
  /** Starts of the runs of one window, from its origin. */
  readonly tapOffsets: Int32Array;
  /** Neighbours in one run: a row of the window if it is contiguous, else a tap's channels. */
  readonly segment: number;
  /** Weights of one output channel. */
  readonly depth: number;
  readonly channelsPerGroup: number;
  readonly group: number;
}

function planOf({ attrs, input, output }: Convolution): Plan {
  const { kernel, strides, dilations, group } = attrs;
  const { height, width } = paddedSize(attrs, input);
  const step = input.channels;
  const wholeRows = group === 1 && dilations[1] === 1;
  const tapsPerRow = wholeRows ? 1 : kernel[1];
  const tapOffsets = Int32Array.from({ length: kernel[0] * tapsPerRow }, (_, tap) => {
    const row = Math.floor(tap / tapsPerRow) * dilations[0];
    return (row * width + (tap % tapsPerRow) * dilations[1]) * step;
  });
  const origins = new Int32Array(output.batch * output.height * output.width);
  let pixel = 0;
  for (let n = 0; n < output.batch; n++) {
    for (let y = 0; y < output.height; y++) {
      for (let x = 0; x < output.width; x++) {
        origins[pixel++] = ((n * height + y * strides[0]) * width + x * strides[1]) * step;
      }
    }
  }
  const channelsPerGroup = input.channels / group;
  return {
    paddedLength: input.batch * height * width * step,
    sumCount: origins.length * output.channels,
    origins,
    tapOffsets,
    segment: channelsPerGroup * (wholeRows ? kernel[1] : 1),
    depth: kernel[0] * kernel[1] * channelsPerGroup,
    channelsPerGroup,
    group,
  };
}

function paddedSize({ pads }: ConvGeometry, { height, width }: Image) {
  return { height: height + pads[0] + pads[2], width: width + pads[1] + pads[3] };
}

function padImage<A extends Float32Array | Int8Array>(
  { attrs, input }: Convolution,
  x: A,
  padded: A,
): A {
  const from = imageStrides(input, attrs.layout);
  const { height, width } = paddedSize(attrs, input);
  const { channels } = input;
  for (let n = 0; n < input.batch; n++) {
    for (let y = 0; y < input.height; y++) {
      for (let column = 0; column < input.width; column++) {
        const source = n * from.batch + y * from.row + column * from.column;
        const to = ((n * height + y + attrs.pads[0]) * width + column + attrs.pads[1]) * channels;
        for (let c = 0; c < channels; c++) padded[to + c] = x[source + c * from.channel]!;
      }
    }
  }
  return padded;
}

/** [m][c][ky][kx] → [m][ky][kx][c] */
function regroup<A extends Float32Array | Int8Array>(
  { attrs, input, output }: Convolution,
  weights: A,
  rows: A,
): A {
  const tapCount = attrs.kernel[0] * attrs.kernel[1];
  const channels = input.channels / attrs.group;
  for (let m = 0; m < output.channels; m++) {
    const start = m * channels * tapCount;
    for (let c = 0; c < channels; c++) {
      for (let tap = 0; tap < tapCount; tap++) {
        rows[start + tap * channels + c] = weights[start + c * tapCount + tap]!;
      }
    }
  }
  return rows;
}
