/** @file Trials of the convolution by lists of weights: see docs/kernels.md. */

import { planesAddress, planesBuffer } from "../../compiler/plan/channel-planes.ts";
import {
  type ListConvolution,
  listScratchBytes,
  packListParameters,
} from "../../compiler/specialize/list-parameters.ts";
import { columnOffset, LANES, type Planes } from "../../compiler/specialize/planes.ts";
import { packLists } from "../../compiler/specialize/sparse-lists.ts";
import { fitsShiftedLane, largestSum } from "../../compiler/specialize/sum-bounds.ts";
import type { Interval } from "../../core/interval.ts";
import { type AddRequantization, addRequantized, requantize } from "../../core/requantize.ts";
import type { FamilyTests, TrialMaker } from "./family.ts";
import { randomIntegers, type Scene } from "./scene.ts";

const BYTES: Interval = { min: -128, max: 127 };

type Halo = readonly [top: number, left: number, bottom: number, right: number];

/** An image of `shape`, [1, C, H, W], as planes; `address` gives the place of their bytes. */
function placePlanes(
  shape: readonly number[],
  [top, left, bottom, right]: Halo,
  phases: 1 | 2,
  address: (bytes: number) => number,
) {
  const { place } = planesBuffer("x", shape, { phases, halo: { top, left, bottom, right } }, 0);
  const base = address(place.block.bytes);
  const at = (row: number): number =>
    base + (planesAddress(place, row) as { offset: number }).offset;
  return { planes: place.planes, at };
}

function values({ random }: Scene, count: number, { min, max } = BYTES): Int16Array {
  const kind = random.pick(["plain", "extreme", "lowest"] as const);
  return Int16Array.from(randomIntegers(random, count, kind, [min, max]));
}

function randomBounds({ random }: Scene) {
  const min = random.integer(-128, 100);
  return { zeroPoint: random.integer(-128, 127), min, max: random.integer(min, 127) };
}

/** Few channels and many, few weights and many: also more than 16 bits hold in sum. */
function randomShape({ random }: Scene, index: number) {
  const kernel = random.pick([
    [1, 1],
    [3, 3],
    [2, 3],
    [1, 5],
  ] as const);
  const group = random.pick([1, 1, 2, 3]);
  const inputs = group * (index % 8 === 0 && kernel[0] === 3 ? 60 : random.integer(1, 5));
  return { kernel, group, inputs, channels: group * random.integer(1, 3) };
}

const convolution: TrialMaker = (scene, { mr, nr }, index) => {
  const { random } = scene;
  const { kernel, group, inputs, channels } = randomShape(scene, index);
  const stride = random.pick([1, 1, 2] as const);
  const strides = [random.integer(1, 2), stride] as const;
  const dilations = [random.integer(1, 2), random.integer(1, 2)] as const;
  const pads = [random.integer(0, 2), random.integer(0, 3)] as const;
  const rows = mr + (inputs > 9 ? 0 : random.integer(0, mr + 1));
  const columns = Math.max(1, nr - random.integer(0, 7)) + LANES * random.pick([0, 0, 1]);
  const reach = (axis: 0 | 1, count: number): number =>
    Math.max(
      1,
      (count - 1) * strides[axis] + (kernel[axis] - 1) * dilations[axis] + 1 - 2 * pads[axis],
    );
  const range = random.pick([BYTES, { min: 0, max: 127 }]);
  const halo: Halo = [pads[0], pads[1], pads[0], pads[1]];
  const x = placePlanes([1, inputs, reach(0, rows), reach(1, columns)], halo, stride, bytes =>
    scene.last(values(scene, bytes / 2, range)),
  );
  const shape = [1, channels, rows, columns];
  const room: Halo = [0, random.integer(0, 2), 0, random.integer(0, 2)];
  const y = placePlanes(shape, room, random.pick([1, 2] as const), bytes => scene.output(bytes));
  const z = placePlanes(shape, room, 1, bytes => scene.activation(values(scene, bytes / 2)));
  const taps = (inputs / group) * kernel[0] * kernel[1];
  const density = random.pick([0, 0.02, 0.1, 0.5, 1]);
  const trits = Array.from({ length: channels * taps }, () =>
    random.uniform() < density ? random.pick([-1, 1]) : 0,
  );
  const mostBias = random.pick([300, 40_000]);
  const bias = Int32Array.from({ length: channels }, () => random.integer(-mostBias, mostBias));
  const requantization = {
    shift: random.integer(-4, 12),
    multipliers: Array.from({ length: channels }, () => random.integer(0, 32767)),
    ...randomBounds(scene),
  };
  const fits16 = bias.every((start, m) =>
    fitsShiftedLane(largestSum(trits, [m * taps, (m + 1) * taps], range, start), requantization),
  );
  const { gapBits, bytes } = packLists(trits, channels, fits16);
  const add: AddRequantization = {
    fractionBits: random.integer(1, 6),
    multipliers: [random.integer(0, 32767), random.integer(0, 32767)],
    zeroPoints: [random.integer(-128, 127), random.integer(-128, 127)],
    ...randomBounds(scene),
  };
  const conv: ListConvolution = {
    ...{ kernel, strides, dilations, padLeft: pads[1], group, gapBits, fits16 },
    input: x.planes,
    output: y.planes,
    bias,
    requantization,
    ...(random.integer(0, 1) === 1 ? { addend: { planes: z.planes, requantization: add } } : {}),
    range,
  };
  const p = scene.table(packListParameters(conv));
  const w = scene.table(bytes);
  const scratch = scene.scratch(listScratchBytes(conv));
  const [xAt, yAt, zAt] = [x.at(-pads[0]), y.at(0), z.at(0)];
  return {
    args: [xAt, yAt, zAt, p, w, scratch],
    model: () => convolve(scene.view, conv, trits, [xAt, yAt, zAt]),
  };
};

/** The convolution as docs/kernels.md states it. */
function convolve(
  view: DataView,
  conv: ListConvolution,
  trits: readonly number[],
  [x, y, z]: readonly [number, number, number],
): void {
  const { output, requantization, addend } = conv;
  for (let m = 0; m < output.channels; m++) {
    for (let row = 0; row < output.rows; row++) {
      for (let column = 0; column < LANES * Math.ceil(output.columns / LANES); column++) {
        let q = (addend?.requantization ?? requantization).zeroPoint;
        if (column < output.columns) {
          q = requantize(sumAt(view, conv, trits, x, [m, row, column]), requantization, m);
          if (addend !== undefined) {
            const other = view.getInt16(z + elementOffset(addend.planes, m, row, column), true);
            q = addRequantized(q, other, addend.requantization);
          }
        }
        view.setInt16(y + elementOffset(output, m, row, column), q, true);
      }
    }
  }
}

function sumAt(
  view: DataView,
  { kernel, strides, dilations, padLeft, group, input, output, bias }: ListConvolution,
  trits: readonly number[],
  x: number,
  [m, row, column]: readonly [number, number, number],
): number {
  const inputs = input.channels / group;
  const first = Math.floor(m / (output.channels / group)) * inputs;
  let [sum, k] = [bias[m]!, m * inputs * kernel[0] * kernel[1]];
  for (let c = first; c < first + inputs; c++) {
    for (let ky = 0; ky < kernel[0]; ky++) {
      for (let kx = 0; kx < kernel[1]; kx++) {
        const at = [
          row * strides[0] + ky * dilations[0],
          column * strides[1] + kx * dilations[1],
        ] as const;
        const offset = elementOffset(input, c, at[0], at[1] - padLeft);
        sum += trits[k++]! * view.getInt16(x + offset, true);
      }
    }
  }
  return sum;
}

function elementOffset(planes: Planes, channel: number, row: number, column: number): number {
  return channel * planes.planeBytes + row * planes.rowBytes + columnOffset(planes, column);
}

export const lists: FamilyTests = { s16_ts_conv_requant: convolution };
