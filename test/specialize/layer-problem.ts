/** @file Random layers for generated code, and by its definition what each of them computes. */

import type { CodeConvolution } from "../../compiler/specialize/convolution.ts";
import { columnOffset, type Planes } from "../../compiler/specialize/planes.ts";
import { Random } from "../../core/random.ts";
import { addRequantized, requantize } from "../../core/requantize.ts";

export interface Case {
  readonly channels: readonly [number, number];
  readonly group?: number;
  readonly size: readonly [number, number];
  readonly kernel: readonly [number, number];
  readonly stride?: 1 | 2;
  /** Between rows; as between columns unless told. */
  readonly rowStride?: number;
  readonly dilations?: readonly [number, number];
  readonly zeros?: number;
  readonly outputPhases?: 1 | 2;
  readonly addend?: boolean;
  readonly shift?: number;
  readonly zeroPoint?: number;
  /** Weights up to ±`magnitude` instead of trits. */
  readonly magnitude?: number;
  readonly bias?: number;
  /** All pixels and weights are as large as they get. */
  readonly extreme?: boolean;
  /** The first input channels, that no filter reads. */
  readonly unread?: number;
  /** Pixels are 0 … `pixel` instead of −128 … 127. */
  readonly pixel?: number;
  /** An output channel whose weights are all 0. */
  readonly dead?: number;
}

/** [channel][row][column], as the reference has it. */
type Image = (channel: number, row: number, column: number) => number;

export function problemOf(settings: Case) {
  const { channels, size, kernel, stride = 1, dilations = [1, 1], shift = 0 } = settings;
  const { group = 1, rowStride = stride, magnitude = 1 } = settings;
  const [inputs, outputs] = channels;
  const [rows, columns] = size;
  const random = new Random(1, JSON.stringify(settings));
  const pads = kernel.map((k, axis) => Math.floor(((k - 1) * dilations[axis]!) / 2));
  const reach = kernel.map((k, axis) => (k - 1) * dilations[axis]!);
  const taps = (inputs / group) * kernel[0] * kernel[1];
  const unread = (settings.unread ?? 0) * kernel[0] * kernel[1];
  const weights = Int8Array.from({ length: outputs * taps }, (_, i) =>
    i % taps < unread || Math.floor(i / taps) === settings.dead
      ? 0
      : settings.extreme
        ? magnitude
        : random.uniform() < (settings.zeros ?? 0)
          ? 0
          : (random.integer(0, 1) * 2 - 1) * random.integer(1, magnitude),
  );
  const input = planesFor(inputs, rows * rowStride + reach[0]!, columns * stride, pads[1]!, stride);
  const output = planesFor(outputs, rows, columns, 1, settings.outputPhases ?? 1);
  const most = settings.bias ?? 300;
  const bias = Int32Array.from({ length: outputs }, () => random.integer(-most, most));
  const zeroPoint = settings.zeroPoint ?? 0;
  const requantization = {
    shift,
    multipliers: Array.from({ length: outputs }, () => random.integer(0, 3000)),
    zeroPoint,
    min: settings.addend ? -128 : Math.max(-128, zeroPoint),
    max: 127,
  };
  const addition = {
    fractionBits: 5,
    multipliers: [random.integer(1000, 9000), random.integer(1000, 9000)] as const,
    zeroPoints: [zeroPoint, 3] as const,
    zeroPoint: -7,
    min: -100,
    max: 120,
  };
  const addendPlanes = planesFor(outputs, rows, columns, 2, 1);
  const addend = settings.addend ? { planes: addendPlanes, requantization: addition } : undefined;
  const conv: CodeConvolution = {
    weights,
    group,
    kernel,
    strides: [rowStride, stride],
    dilations,
    padLeft: pads[1]!,
    input,
    output,
    bias,
    range: settings.pixel === undefined ? { min: -128, max: 127 } : { min: 0, max: settings.pixel },
    requantization,
    ...(addend && { addend }),
  };
  const x = imageFrom(random, input, conv.range);
  if (settings.extreme) x.data.fill(conv.range.max);
  const z = imageFrom(random, addendPlanes);
  const expected = Array.from({ length: outputs * rows * columns }, (_, i) => {
    const [m, row, column] = [
      Math.floor(i / (rows * columns)),
      Math.floor(i / columns) % rows,
      i % columns,
    ];
    let acc = bias[m]!;
    for (let tap = 0; tap < taps; tap++) {
      const [c, ky, kx] = [
        Math.floor(tap / (kernel[0] * kernel[1])),
        Math.floor(tap / kernel[1]) % kernel[0],
        tap % kernel[1],
      ];
      const at = column * stride + kx * dilations[1] - pads[1]!;
      const source = Math.floor(m / (outputs / group)) * (inputs / group) + c;
      const value = x.get(source, row * rowStride + ky * dilations[0], at);
      acc += weights[m * taps + tap]! * value;
    }
    const q = requantize(acc, requantization, m);
    return addend ? addRequantized(q, z.get(m, row, column), addition) : q;
  });
  return { conv, x: x.data, z: z.data, expected };
}

function planesFor(
  channels: number,
  rows: number,
  columns: number,
  halo: number,
  phases: 1 | 2,
): Planes {
  const width = Math.ceil((columns + 2 * halo + 8) / 16) * 16;
  const rowBytes = 2 * width;
  const phaseBytes = phases === 2 ? width : 0;
  return {
    channels,
    rows,
    columns,
    planeBytes: rowBytes * rows,
    rowBytes,
    left: halo,
    phases,
    phaseBytes,
  };
}

/** Random values everywhere, the halo included. */
function imageFrom(
  random: Random,
  planes: Planes,
  { min, max } = { min: -128, max: 127 },
): { data: Int16Array; get: Image } {
  const length = (planes.channels * planes.planeBytes) / 2 + 64;
  const data = Int16Array.from({ length }, () => random.integer(min, max));
  return { data, get: (c, row, column) => data[elementAt(planes, c, row, column)]! };
}

export function elementAt(planes: Planes, channel: number, row: number, column: number): number {
  const bytes = channel * planes.planeBytes + row * planes.rowBytes + columnOffset(planes, column);
  return bytes / 2;
}
