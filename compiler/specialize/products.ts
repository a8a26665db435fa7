/**
 * @file Filters over several channels with weights of 8 bits as code: the
 * weights are data, the taps are not.
 *
 * Lanes run over eight neighbouring pixels of a row. Two taps are interleaved,
 * so that one instruction multiplies both by their weights and adds the
 * products, in 32 bits; each pair of taps is loaded once for a block of output
 * channels, which keeps its sums in registers.
 */

import { FINISH_OPERATIONS } from "./blocks.ts";
import { startOf } from "./channel-parameters.ts";
import { type CodeFunction, PARAMETER_COUNT, PARAMETERS, workOf, X } from "./code-function.ts";
import { CodeWriter } from "./code-writer.ts";
import { writeShiftedFinish } from "./finish-block.ts";
import { CONSTANTS_BYTES, packConstants } from "./finish-constants.ts";
import { IN_TURNS } from "./lanes.ts";
import { type CodeConvolution, tapOffsets, tapsOf } from "./layer.ts";
import { FREE_INTEGER, vectorsOf, walkersOf, writePixelLoop } from "./pixel-loop.ts";
import { largestSum } from "./sum-bounds.ts";
import * as op from "./vector-ops.ts";
import { fitsTotal, TOTAL_VECTORS, writeShifted } from "./wide-sum.ts";

/** Channels of a block: their totals, a pair of taps and a weight fill the 16 registers of x86. */
const MAX_BLOCK = 5;
/** Beyond, a loop body outgrows the caches of decoded instructions, and kernels have more to reuse. */
const MAX_TAPS = 160;

/** Fields of a channel's record, in bytes from its start: then pairs of weights. */
const START = 0;
const MULTIPLIER = 4;
const WEIGHTS = 8;
const PAIR_BYTES = 4;

const INTEGERS = FREE_INTEGER - PARAMETER_COUNT;
const FIRST_TAP = FREE_INTEGER;
const SECOND_TAP = FREE_INTEGER + 1;
/** The pair, interleaved: as many vectors as a total has. */
const PAIR = FREE_INTEGER + 2;
const ZEROS = PAIR + TOTAL_VECTORS;
const TOTALS = ZEROS + 1;

/** Why the layer cannot become code, as a clause; `undefined` if it can. */
export function rejectsProducts(conv: CodeConvolution): string | undefined {
  const taps = tapsOf(conv);
  if (taps > MAX_TAPS) return `its filters have more than ${MAX_TAPS} integer weights`;
  if (conv.mean !== undefined)
    return "its weights are not ternary, and their zeros stand for means";
  const fits = conv.bias.every((bias, channel) => {
    const run = [channel * taps, (channel + 1) * taps] as const;
    return fitsTotal(largestSum(conv.weights, run, conv.range, bias), conv.requantization);
  });
  return fits ? undefined : "sums may not fit 32 bits";
}

/** Vector operations that eight pixels are expected to take. Requires a layer that can become code. */
export function productOperations(conv: CodeConvolution): number {
  const pairs = Math.ceil(tapsOf(conv) / 2);
  const blocks = channelBlocks(conv);
  const channels = conv.output.channels;
  const interleaving = blocks.length * pairs * 2 * TOTAL_VECTORS;
  return interleaving + channels * (pairs * 2 * TOTAL_VECTORS + FINISH_OPERATIONS);
}

export function generateProducts(conv: CodeConvolution): CodeFunction[] {
  return channelBlocks(conv).map(channels => generateBlock(conv, channels));
}

/** The parameters at p: constants, then a record for each channel. */
export function packProducts(conv: CodeConvolution): Uint8Array {
  const { bias, requantization, weights } = conv;
  const taps = tapsOf(conv);
  const packed = new Uint8Array(recordOffset(conv, conv.output.channels));
  packed.set(packConstants(conv));
  const view = new DataView(packed.buffer);
  for (const channel of bias.keys()) {
    const record = recordOffset(conv, channel);
    view.setInt32(record + START, startOf(bias[channel]!, requantization), true);
    view.setInt16(record + MULTIPLIER, requantization.multipliers[channel]!, true);
    for (let tap = 0; tap < taps; tap++) {
      view.setInt16(record + WEIGHTS + 2 * tap, weights[channel * taps + tap]!, true);
    }
  }
  return packed;
}

function recordOffset(conv: CodeConvolution, channel: number): number {
  return CONSTANTS_BYTES + channel * (WEIGHTS + PAIR_BYTES * Math.ceil(tapsOf(conv) / 2));
}

/** Output channels of each group in blocks of even size, which threads share evenly. */
function channelBlocks({ output, group, threads = 1 }: CodeConvolution): number[][] {
  const perGroup = output.channels / group;
  const least = Math.ceil(Math.ceil(perGroup / MAX_BLOCK) / threads) * threads;
  const count = Math.min(perGroup, least);
  return Array.from({ length: group * count }, (_, index) => {
    const start = Math.floor(index / count) * perGroup;
    const cut = (block: number): number => start + Math.floor((block * perGroup) / count);
    const first = cut(index % count);
    return Array.from({ length: cut((index % count) + 1) - first }, (_unused, j) => first + j);
  });
}

function generateBlock(conv: CodeConvolution, channels: readonly number[]): CodeFunction {
  const { output, addend } = conv;
  const code = new CodeWriter();
  const pairs = Math.ceil(tapsOf(conv) / 2);
  writePixelLoop(code, output, walkersOf(conv), ({ isEdge }) => {
    startTotals(code, conv, channels);
    for (let pair = 0; pair < pairs; pair++) addPair(code, conv, channels, pair);
    channels.forEach((channel, j) => {
      finishChannel(code, conv, { channel, total: TOTALS + TOTAL_VECTORS * j, isEdge });
    });
  });
  const totals = TOTAL_VECTORS * channels.length;
  const body = code.finish({ i32: INTEGERS, v128: TOTALS - FREE_INTEGER + totals });
  const work = workOf(body, output.rows * vectorsOf(output), {
    load: pairs * (2 + channels.length),
    add: pairs * totals,
    multiply: pairs * totals,
    finish: channels.length,
    addend: addend === undefined ? 0 : channels.length,
    spill: 0,
  });
  return { body, channels, work };
}

function startTotals(code: CodeWriter, conv: CodeConvolution, channels: readonly number[]): void {
  channels.forEach((channel, j) => {
    const total = TOTALS + TOTAL_VECTORS * j;
    code.get(PARAMETERS).loadSplatWide(recordOffset(conv, channel) + START);
    code.tee(total).set(total + 1);
  });
}

/** Taps 2·`pair` and the next; the last one, left over, has a weight of 0 beside its own. */
function addPair(
  code: CodeWriter,
  conv: CodeConvolution,
  channels: readonly number[],
  pair: number,
): void {
  const offsets = tapOffsets(conv, channels[0]!);
  const [first, second = first] = offsets.slice(2 * pair, 2 * pair + 2) as [number, number?];
  code.get(X).load(first).set(FIRST_TAP);
  code.get(X).load(second).set(SECOND_TAP);
  IN_TURNS.forEach((lanes, half) => {
    code.get(FIRST_TAP).get(SECOND_TAP).shuffle(lanes);
    code.set(PAIR + half);
  });
  channels.forEach((channel, j) => {
    const weights = recordOffset(conv, channel) + WEIGHTS + PAIR_BYTES * pair;
    // Both taps are in the pair by now.
    code.get(PARAMETERS).loadSplatWide(weights).set(FIRST_TAP);
    for (let half = 0; half < TOTAL_VECTORS; half++) {
      const total = TOTALS + TOTAL_VECTORS * j + half;
      code.get(total).get(PAIR + half);
      code.get(FIRST_TAP).vector(op.dotPairs).vector(op.addWide).set(total);
    }
  });
}

function finishChannel(
  code: CodeWriter,
  conv: CodeConvolution,
  { channel, total, isEdge }: { readonly channel: number; readonly total: number; isEdge: boolean },
): void {
  writeShifted(code, half => code.get(total + half), conv.requantization, total);
  writeShiftedFinish(code, total, conv, {
    pushMultiplier: () => code.get(PARAMETERS).loadSplat(recordOffset(conv, channel) + MULTIPLIER),
    y: channel * conv.output.planeBytes,
    z: channel * (conv.addend?.planes.planeBytes ?? 0),
    mask: 0,
    zeros: ZEROS,
    isEdge,
  });
}
