/**
 * @file Filters of one channel each: data that one loop over the channels
 * reads. Nothing is shared between channels, so code of their own would gain
 * nothing.
 *
 * The weights of a channel wait in registers while its pixels pass. Channels
 * are grouped by the form of their sums, and there is one function for each:
 *
 * - `lane`: 16 bits;
 * - `halves`: two halves of 16 bits;
 * - `pairs`: 32 bits. One instruction multiplies neighbours in memory by the
 *   weights of two taps and adds the products: for every other pixel, as the
 *   pairs lie. The pixels between take the pairs from one element on.
 */

import { startOf } from "./channel-parameters.ts";
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
import { writeFinish, writeHalvedFinish, writeShiftedFinish } from "./finish-block.ts";
import { CONSTANTS_BYTES, packConstants } from "./finish-constants.ts";
import { IN_TURNS } from "./lanes.ts";
import { type CodeConvolution, tapsOf } from "./layer.ts";
import {
  FREE_INTEGER,
  type PixelVector,
  vectorsOf,
  walkersOf,
  windowOffsets,
  writePixelLoop,
} from "./pixel-loop.ts";
import { ELEMENT_BYTES } from "./planes.ts";
import { fitsHalves, fitsLane, fitsShiftedLane, largestSum } from "./sum-bounds.ts";
import * as op from "./vector-ops.ts";
import { fitsTotal } from "./wide-sum.ts";

/** How the sums of a channel are kept on the way. */
const FORMS = ["lane", "halves", "pairs"] as const;
type SumForm = (typeof FORMS)[number];

/** Channels whose sums have one form. */
interface ChannelGroup {
  readonly form: SumForm;
  readonly channels: readonly number[];
}

/** Two taps that are neighbours in memory, the first at `offset`; or one, and nothing. */
interface TapPair {
  readonly offset: number;
  readonly taps: readonly [number, number?];
}

/** Vectors of pixels in a loop body. */
const UNROLL = 8;

/** Fields of a channel's record, in bytes from its start. */
const X_OFFSET = 0;
const Y_OFFSET = 4;
const Z_OFFSET = 8;
const WIDE_START = 12;
const START = 16;
const MULTIPLIER = 18;
const WEIGHTS = 20;

const PAIR_BYTES = 2 * ELEMENT_BYTES;

const COUNTER = FREE_INTEGER;
const RECORD = FREE_INTEGER + 1;
/** Where the addresses x, y and z are kept that each channel starts from. */
const STARTS = FREE_INTEGER + 2;
const INTEGERS = STARTS + 3 - PARAMETER_COUNT;
/** The sum, or its first half: that of even pixels. */
const ACCUMULATOR = STARTS + 3;
/** Its second half: that of odd pixels. */
const SECOND = ACCUMULATOR + 1;
const SUM_STARTS = SECOND + 1;
const MULTIPLIERS = SUM_STARTS + 1;
/** Never set. */
const ZEROS = MULTIPLIERS + 1;
const FIRST_WEIGHT = ZEROS + 1;

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
  view.setInt32(WIDE_START, startOf(bias[channel]!, requantization), true);
  view.setInt16(START, startOf(bias[channel]!, requantization), true);
  view.setInt16(MULTIPLIER, requantization.multipliers[channel]!, true);
  const own = (tap?: number): number => (tap === undefined ? 0 : weights[channel * taps + tap]!);
  if (formOf(conv, channel) === "pairs") {
    tapPairs(conv).forEach(({ taps: [first, second] }, i) => {
      view.setInt16(WEIGHTS + PAIR_BYTES * i, own(first), true);
      view.setInt16(WEIGHTS + PAIR_BYTES * i + 2, own(second), true);
    });
    return;
  }
  for (let tap = 0; tap < taps; tap++) view.setInt16(WEIGHTS + 2 * tap, own(tap), true);
}

function recordBytes(conv: CodeConvolution): number {
  const bytes = Math.max(2 * tapsOf(conv), PAIR_BYTES * tapPairs(conv).length);
  return Math.ceil((WEIGHTS + bytes) / 4) * 4;
}

/**
 * All taps of a window, in pairs where two are neighbours. Of an odd run the
 * first is alone: what follows it in memory is read anyhow.
 */
function tapPairs({ input, kernel, dilations, padLeft }: CodeConvolution): TapPair[] {
  const offsets = windowOffsets(input, kernel, dilations, padLeft);
  const order = [...offsets.keys()].sort((a, b) => offsets[b]! - offsets[a]!);
  const pairs: TapPair[] = [];
  for (let i = 0; i < order.length; i++) {
    const [tap, before] = order.slice(i, i + 2) as [number, number?];
    const offset = offsets[tap]!;
    const isPair = before !== undefined && offsets[before] === offset - ELEMENT_BYTES;
    if (isPair) pairs.push({ offset: offset - ELEMENT_BYTES, taps: [before, tap] });
    else pairs.push({ offset, taps: [tap] });
    if (isPair) i++;
  }
  return pairs;
}

function groupsOf(conv: CodeConvolution): ChannelGroup[] {
  const channels = [...conv.bias.keys()];
  const groups = FORMS.map(form => ({
    form,
    channels: channels.filter(channel => formOf(conv, channel) === form),
  }));
  return groups.filter(group => group.channels.length > 0);
}

function formOf(conv: CodeConvolution, channel: number): SumForm | undefined {
  const { weights, range, requantization } = conv;
  const taps = tapsOf(conv);
  const bias = conv.bias[channel]!;
  const first = channel * taps;
  const boundOf = ([start, end]: readonly [number, number], own = 0): number =>
    largestSum(weights, [first + start, first + end], range, own);
  const bound = boundOf([0, taps], bias);
  if (fitsShiftedLane(bound, requantization)) return "lane";
  if (taps > 1 && fitsHalves(bound, requantization)) {
    const [a, b] = runsOf(taps, 2) as [[number, number], [number, number]];
    if (fitsLane(boundOf(a, startOf(bias, requantization))) && fitsLane(boundOf(b)))
      return "halves";
  }
  return fitsTotal(bound, requantization) ? "pairs" : undefined;
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
  code.point(RECORD, PARAMETERS, CONSTANTS_BYTES + firstRecord * bytes);
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
    readRecord(code, conv, form);
    const body = (vector: PixelVector): void => writeVector(code, conv, form, vector);
    writePixelLoop(code, conv.output, walkersOf(conv), body, { unroll: UNROLL });
    code.advance(RECORD, bytes);
  });
  const vectors = form === "pairs" ? tapPairs(conv).length : taps;
  const body = code.finish({ i32: INTEGERS, v128: FIRST_WEIGHT + vectors - ACCUMULATOR });
  const passes = channels.length * conv.output.rows * vectorsOf(conv.output);
  const products = form === "pairs" ? 2 * vectors : taps;
  const work = workOf(body, passes, {
    load: products,
    add: products + (form === "halves" ? 1 : 0),
    multiply: products,
    finish: 1,
    addend: conv.addend === undefined ? 0 : 1,
    spill: 0,
  });
  return { body, channels, work };
}

function readRecord(code: CodeWriter, conv: CodeConvolution, form: SumForm): void {
  code.get(RECORD).loadSplat(MULTIPLIER).set(MULTIPLIERS);
  if (form === "pairs") {
    code.get(RECORD).loadSplatWide(WIDE_START).set(SUM_STARTS);
    for (const pair of tapPairs(conv).keys()) {
      code.get(RECORD).loadSplatWide(WEIGHTS + PAIR_BYTES * pair);
      code.set(FIRST_WEIGHT + pair);
    }
    return;
  }
  code.get(RECORD).loadSplat(START).set(SUM_STARTS);
  for (let tap = 0; tap < tapsOf(conv); tap++) {
    code.get(RECORD).loadSplat(WEIGHTS + 2 * tap);
    code.set(FIRST_WEIGHT + tap);
  }
}

/** Eight pixels of the channel. */
function writeVector(
  code: CodeWriter,
  conv: CodeConvolution,
  form: SumForm,
  vector: PixelVector,
): void {
  const { input, kernel, dilations, padLeft } = conv;
  const channel = {
    pushMultiplier: () => code.get(MULTIPLIERS),
    y: vector.offset(Y),
    z: vector.offset(Z),
    mask: vector.offset(MASK),
    zeros: ZEROS,
    isEdge: vector.isEdge,
  };
  if (form === "pairs") {
    writePairs(code, conv, vector.offset(X));
    writeShiftedFinish(code, ACCUMULATOR, conv, channel);
    return;
  }
  const offsets = windowOffsets(input, kernel, dilations, padLeft);
  const taps = offsets.map(offset => offset + vector.offset(X));
  const runs = runsOf(taps.length, form === "halves" ? 2 : 1);
  code.get(SUM_STARTS);
  writeProducts(code, taps, runs[0]!, true, ACCUMULATOR);
  if (form === "lane") writeFinish(code, ACCUMULATOR, conv, channel);
  else {
    writeProducts(code, taps, runs[1]!, false, SECOND);
    writeHalvedFinish(code, [ACCUMULATOR, SECOND], conv, channel);
  }
}

/** Sets the accumulator to the shifted sum of all pairs. */
function writePairs(code: CodeWriter, conv: CodeConvolution, start: number): void {
  const { shift } = conv.requantization;
  const pairs = tapPairs(conv);
  const sums = [ACCUMULATOR, SECOND];
  sums.forEach((sum, parity) => {
    code.get(SUM_STARTS);
    pairs.forEach(({ offset, taps }, pair) => {
      // Nothing is read behind the last tap: its odd pixels are shifted to where the even ones were.
      const isLast = pair === 0 && taps.length === 1;
      code.get(X).load(start + offset + (isLast ? 0 : parity * ELEMENT_BYTES));
      if (isLast && parity === 1) code.constant(8 * ELEMENT_BYTES).vector(op.shiftRightWide);
      code
        .get(FIRST_WEIGHT + pair)
        .vector(op.dotPairs)
        .vector(op.addWide);
    });
    if (shift > 0) code.constant(shift).vector(op.shiftRightWide);
    code.set(sum);
  });
  for (const sum of sums) code.get(sum).get(sum).vector(op.narrow);
  code.shuffle(IN_TURNS[0]!).set(ACCUMULATOR);
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
    code.get(FIRST_WEIGHT + tap).vector(op.multiply);
    if (tap > first || hasStart) code.vector(op.add);
  }
  code.set(result);
}
