/**
 * @file Filters of one channel each: data that one loop over the channels
 * reads. Nothing is shared between channels, so code of their own would gain
 * nothing.
 *
 * The weights of a channel wait in registers while its pixels pass. Channels
 * are grouped by the number of parts that their sums take (wide-sum.ts): one
 * function for each group.
 */

import {
  type CodeFunction,
  PARAMETER_COUNT,
  PARAMETERS,
  workOf,
  X,
  Y,
  Z,
} from "./code-function.ts";
import { CodeWriter } from "./code-writer.ts";
import { CONSTANTS_BYTES, packConstants, writeFinish, writeShiftedFinish } from "./finish-block.ts";
import { type CodeConvolution, tapsOf } from "./layer.ts";
import { FREE_INTEGER, vectorsOf, walkersOf, windowOffsets, writePixelLoop } from "./pixel-loop.ts";
import { fitsLane, fitsShiftedLane, largestSum } from "./sum-bounds.ts";
import { fitsTotal, TOTAL_VECTORS, wideBias, writePart, writeShiftedTotal } from "./wide-sum.ts";

/** Channels whose sums take equally many parts; none: 16 bits are enough for the whole. */
interface ChannelGroup {
  readonly parts: number;
  readonly channels: readonly number[];
}

/** Fields of a channel's record, in bytes from its start. */
const X_OFFSET = 0;
const Y_OFFSET = 4;
const Z_OFFSET = 8;
const WIDE_BIAS = 12;
const BIAS = 16;
const MULTIPLIER = 18;
const WEIGHTS = 20;

/** Extending and adding both halves. */
const ADDITIONS_OF_PART = 4;

const COUNTER = FREE_INTEGER;
const RECORD = FREE_INTEGER + 1;
/** Where the addresses x, y and z are kept that each channel starts from. */
const STARTS = FREE_INTEGER + 2;
const INTEGERS = STARTS + 3 - PARAMETER_COUNT;
const ACCUMULATOR = STARTS + 3;
const BIASES = ACCUMULATOR + 1;
const TOTAL = BIASES + 1;
const MULTIPLIERS = TOTAL + TOTAL_VECTORS;
const FIRST_WEIGHT = MULTIPLIERS + 1;

/** Why the layer cannot become code, as a clause; `undefined` if it can. */
export function rejectsDepthwise(conv: CodeConvolution): string | undefined {
  const parts = Array.from(conv.bias, (_, channel) => partsOf(conv, channel));
  return parts.some(count => count === undefined) ? "sums may not fit 32 bits" : undefined;
}

export function generateDepthwise(conv: CodeConvolution): CodeFunction[] {
  let first = 0;
  return groupsOf(conv).map(group => {
    const start = first;
    first += group.channels.length;
    return generateGroup(conv, group, start);
  });
}

/** The parameters at p: constants, then a record for each channel in the order of their groups. */
export function packDepthwise(conv: CodeConvolution): Uint8Array {
  const constants = packConstants(conv);
  const bytes = recordBytes(conv);
  const channels = groupsOf(conv).flatMap(group => group.channels);
  const packed = new Uint8Array(constants.length + channels.length * bytes);
  packed.set(constants);
  channels.forEach((channel, i) => {
    packRecord(conv, channel, new DataView(packed.buffer, constants.length + i * bytes, bytes));
  });
  return packed;
}

function packRecord(conv: CodeConvolution, channel: number, view: DataView): void {
  const { input, output, addend, bias, requantization, weights } = conv;
  const taps = tapsOf(conv);
  const source = Math.floor((channel * input.channels) / output.channels);
  view.setInt32(X_OFFSET, source * input.planeBytes, true);
  view.setInt32(Y_OFFSET, channel * output.planeBytes, true);
  view.setInt32(Z_OFFSET, channel * (addend?.planes.planeBytes ?? 0), true);
  view.setInt32(WIDE_BIAS, wideBias(bias[channel]!, requantization), true);
  view.setInt16(BIAS, bias[channel]!, true);
  view.setInt16(MULTIPLIER, requantization.multipliers[channel]!, true);
  for (let tap = 0; tap < taps; tap++) {
    view.setInt16(WEIGHTS + 2 * tap, weights[channel * taps + tap]!, true);
  }
}

function recordBytes(conv: CodeConvolution): number {
  return Math.ceil((WEIGHTS + 2 * tapsOf(conv)) / 4) * 4;
}

function groupsOf(conv: CodeConvolution): ChannelGroup[] {
  const groups = new Map<number, number[]>();
  for (const channel of conv.bias.keys()) {
    const parts = partsOf(conv, channel)!;
    const channels = groups.get(parts) ?? [];
    channels.push(channel);
    groups.set(parts, channels);
  }
  return [...groups].sort(([a], [b]) => a - b).map(([parts, channels]) => ({ parts, channels }));
}

/** Parts that the channel's sums take: 0 if none. */
function partsOf(conv: CodeConvolution, channel: number): number | undefined {
  const { weights, range, requantization } = conv;
  const taps = tapsOf(conv);
  const bias = conv.bias[channel]!;
  const first = channel * taps;
  const bound = largestSum(weights, [first, first + taps], range, bias);
  if (fitsShiftedLane(bound, requantization)) return 0;
  if (!fitsTotal(bound, requantization)) return undefined;
  for (let parts = 1; parts <= taps; parts++) {
    const fits = runsOf(taps, parts).every(([start, end]) =>
      fitsLane(largestSum(weights, [first + start, first + end], range)),
    );
    if (fits) return parts;
  }
  return undefined;
}

/** 0 … `taps` cut into `parts` runs. */
function runsOf(taps: number, parts: number): [number, number][] {
  const cut = (part: number): number => Math.floor((part * taps) / parts);
  return Array.from({ length: parts }, (_, part) => [cut(part), cut(part + 1)]);
}

function generateGroup(
  conv: CodeConvolution,
  { parts, channels }: ChannelGroup,
  firstRecord: number,
): CodeFunction {
  const code = new CodeWriter();
  const taps = tapsOf(conv);
  const bytes = recordBytes(conv);
  const addresses = [X, Y, Z];
  code.get(PARAMETERS).constant(CONSTANTS_BYTES + firstRecord * bytes);
  code.addIntegers().set(RECORD);
  addresses.forEach((local, i) => {
    code.get(local).set(STARTS + i);
  });
  code.loop(COUNTER, channels.length, () => {
    addresses.forEach((local, i) => {
      code
        .get(STARTS + i)
        .get(RECORD)
        .loadInteger(4 * i);
      code.addIntegers().set(local);
    });
    readRecord(code, taps, parts);
    writePixelLoop(code, conv.output, walkersOf(conv), () => writeVector(code, conv, parts));
    code.advance(RECORD, bytes);
  });
  const body = code.finish({ i32: INTEGERS, v128: FIRST_WEIGHT + taps - ACCUMULATOR });
  const passes = channels.length * conv.output.rows * vectorsOf(conv.output);
  const work = workOf(body, passes, {
    load: taps,
    add: taps + ADDITIONS_OF_PART * parts,
    multiply: taps,
    finish: 1,
    addend: conv.addend === undefined ? 0 : 1,
    spill: 0,
  });
  return { body, channels, work };
}

function readRecord(code: CodeWriter, taps: number, parts: number): void {
  if (parts === 0) code.get(RECORD).loadSplat(BIAS).set(BIASES);
  else code.get(RECORD).loadSplatWide(WIDE_BIAS).set(BIASES);
  code.get(RECORD).loadSplat(MULTIPLIER).set(MULTIPLIERS);
  for (let tap = 0; tap < taps; tap++) {
    code
      .get(RECORD)
      .loadSplat(WEIGHTS + 2 * tap)
      .set(FIRST_WEIGHT + tap);
  }
}

/** Eight pixels of the channel. */
function writeVector(code: CodeWriter, conv: CodeConvolution, parts: number): void {
  const { input, kernel, dilations, padLeft, requantization } = conv;
  const offsets = windowOffsets(input, kernel, dilations, padLeft);
  const channel = { pushMultiplier: () => code.get(MULTIPLIERS), y: 0, z: 0 };
  if (parts === 0) {
    code.get(BIASES);
    writeProducts(code, offsets, [0, offsets.length], true);
    writeFinish(code, ACCUMULATOR, conv, channel);
    return;
  }
  runsOf(offsets.length, parts).forEach((run, part) => {
    writeProducts(code, offsets, run, false);
    const pushTotal = (half: number): unknown => code.get(part === 0 ? BIASES : TOTAL + half);
    if (part === parts - 1) {
      writeShiftedTotal(code, ACCUMULATOR, pushTotal, requantization, ACCUMULATOR);
      return;
    }
    writePart(code, ACCUMULATOR, pushTotal, (half, pushSum) => {
      pushSum();
      code.set(TOTAL + half);
    });
  });
  writeShiftedFinish(code, ACCUMULATOR, conv, channel);
}

/** Sets the accumulator to a sum of products, and what is on the stack if there is a start. */
function writeProducts(
  code: CodeWriter,
  offsets: readonly number[],
  [first, end]: readonly [number, number],
  hasStart: boolean,
): void {
  for (let tap = first; tap < end; tap++) {
    code.get(X).load(offsets[tap]!);
    code.get(FIRST_WEIGHT + tap).vector("multiply");
    if (tap > first || hasStart) code.vector("add");
  }
  code.set(ACCUMULATOR);
}
