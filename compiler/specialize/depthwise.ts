/**
 * @file Filters of one channel each: data that one loop over the channels
 * reads. Nothing is shared between channels, so code of their own would gain
 * nothing.
 *
 * The weights of a channel wait in registers while its pixels pass. Channels
 * are grouped by the form of their sums: 16 bits, two halves of 16 bits, or
 * parts that are added up in 32 (wide-sum.ts). There is one function for each.
 */

import {
  type CodeFunction,
  MASK,
  PARAMETER_COUNT,
  PARAMETERS,
  workOf,
  X,
  Y,
  Z,
} from "./code-function.ts";
import { CodeWriter } from "./code-writer.ts";
import {
  CONSTANTS_BYTES,
  packConstants,
  writeFinish,
  writeHalvedFinish,
  writeShiftedFinish,
} from "./finish-block.ts";
import { type CodeConvolution, tapsOf } from "./layer.ts";
import {
  FREE_INTEGER,
  type PixelVector,
  vectorsOf,
  walkersOf,
  windowOffsets,
  writePixelLoop,
} from "./pixel-loop.ts";
import { fitsHalves, fitsLane, fitsShiftedLane, largestSum } from "./sum-bounds.ts";
import { fitsTotal, TOTAL_VECTORS, wideBias, writePart, writeShiftedTotal } from "./wide-sum.ts";

/** How the sums of a channel are kept on the way. */
interface SumForm {
  /** Runs of taps that have a sum of their own. */
  readonly parts: number;
  readonly isWide: boolean;
}

/** Channels whose sums have one form. */
interface ChannelGroup {
  readonly form: SumForm;
  readonly channels: readonly number[];
}

/** Vectors of pixels in a loop body. */
const UNROLL = 8;

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
  const forms = Array.from(conv.bias, (_, channel) => formOf(conv, channel));
  return forms.includes(undefined) ? "sums may not fit 32 bits" : undefined;
}

export function generateDepthwise(conv: CodeConvolution): CodeFunction[] {
  let first = 0;
  const shares = groupsOf(conv).flatMap(group => sharesOf(group, conv.threads ?? 1));
  return shares.map(group => {
    const start = first;
    first += group.channels.length;
    return generateGroup(conv, group, start);
  });
}

/** The channels of a group as one share for each thread. */
function sharesOf({ form, channels }: ChannelGroup, threads: number): ChannelGroup[] {
  const runs = runsOf(channels.length, Math.min(channels.length, threads));
  return runs.map(([start, end]) => ({ form, channels: channels.slice(start, end) }));
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
  const groups = new Map<string, { form: SumForm; channels: number[] }>();
  for (const channel of conv.bias.keys()) {
    const form = formOf(conv, channel)!;
    const key = `${form.isWide} ${form.parts}`;
    const group = groups.get(key) ?? { form, channels: [] };
    group.channels.push(channel);
    groups.set(key, group);
  }
  return [...groups.keys()].sort().map(key => groups.get(key)!);
}

function formOf(conv: CodeConvolution, channel: number): SumForm | undefined {
  const { weights, range, requantization } = conv;
  const taps = tapsOf(conv);
  const bias = conv.bias[channel]!;
  const first = channel * taps;
  const boundOf = ([start, end]: readonly [number, number], own = 0): number =>
    largestSum(weights, [first + start, first + end], range, own);
  const bound = boundOf([0, taps], bias);
  if (fitsShiftedLane(bound, requantization)) return { parts: 1, isWide: false };
  if (taps > 1 && fitsHalves(bound, requantization)) {
    const [a, b] = runsOf(taps, 2) as [[number, number], [number, number]];
    if (fitsLane(boundOf(a, bias)) && fitsLane(boundOf(b))) return { parts: 2, isWide: false };
  }
  if (!fitsTotal(bound, requantization)) return undefined;
  for (let parts = 1; parts <= taps; parts++) {
    if (runsOf(taps, parts).every(run => fitsLane(boundOf(run)))) return { parts, isWide: true };
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
  { form, channels }: ChannelGroup,
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
    readRecord(code, taps, form);
    const body = (vector: PixelVector): void => writeVector(code, conv, form, vector);
    writePixelLoop(code, conv.output, walkersOf(conv), body, UNROLL);
    code.advance(RECORD, bytes);
  });
  const body = code.finish({ i32: INTEGERS, v128: FIRST_WEIGHT + taps + 1 - ACCUMULATOR });
  const passes = channels.length * conv.output.rows * vectorsOf(conv.output);
  const work = workOf(body, passes, {
    load: taps,
    add: taps + (form.isWide ? ADDITIONS_OF_PART * form.parts : form.parts),
    multiply: taps,
    finish: 1,
    addend: conv.addend === undefined ? 0 : 1,
    spill: 0,
  });
  return { body, channels, work };
}

function readRecord(code: CodeWriter, taps: number, { isWide }: SumForm): void {
  if (!isWide) code.get(RECORD).loadSplat(BIAS).set(BIASES);
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
function writeVector(
  code: CodeWriter,
  conv: CodeConvolution,
  { parts, isWide }: SumForm,
  vector: PixelVector,
): void {
  const { input, kernel, dilations, padLeft } = conv;
  const offsets = windowOffsets(input, kernel, dilations, padLeft);
  const runs = runsOf(offsets.length, parts);
  const taps = offsets.map(offset => offset + vector.offset(X));
  const channel = {
    pushMultiplier: () => code.get(MULTIPLIERS),
    y: vector.offset(Y),
    z: vector.offset(Z),
    mask: vector.offset(MASK),
    zeros: FIRST_WEIGHT + offsets.length,
    isEdge: vector.isEdge,
  };
  if (isWide) {
    writeWideSum(code, conv, taps, runs);
    writeShiftedFinish(code, ACCUMULATOR, conv, channel);
    return;
  }
  code.get(BIASES);
  writeProducts(code, taps, runs[0]!, true, ACCUMULATOR);
  if (parts === 1) writeFinish(code, ACCUMULATOR, conv, channel);
  else {
    writeProducts(code, taps, runs[1]!, false, TOTAL);
    writeHalvedFinish(code, [ACCUMULATOR, TOTAL], conv, channel);
  }
}

/** Sets the accumulator to the shifted sum of all parts. */
function writeWideSum(
  code: CodeWriter,
  { requantization }: CodeConvolution,
  taps: readonly number[],
  runs: readonly (readonly [number, number])[],
): void {
  runs.forEach((run, part) => {
    writeProducts(code, taps, run, false, ACCUMULATOR);
    const pushTotal = (half: number): unknown => code.get(part === 0 ? BIASES : TOTAL + half);
    if (part === runs.length - 1) {
      writeShiftedTotal(code, ACCUMULATOR, pushTotal, requantization, ACCUMULATOR);
      return;
    }
    writePart(code, ACCUMULATOR, pushTotal, (half, pushSum) => {
      pushSum();
      code.set(TOTAL + half);
    });
  });
}

/** Sets `result` to a sum of products, and what is on the stack if there is a start. */
function writeProducts(
  code: CodeWriter,
  taps: readonly number[],
  [first, end]: readonly [number, number],
  hasStart: boolean,
  result: number,
): void {
  for (let tap = first; tap < end; tap++) {
    code.get(X).load(taps[tap]!);
    code.get(FIRST_WEIGHT + tap).vector("multiply");
    if (tap > first || hasStart) code.vector("add");
  }
  code.set(result);
}
