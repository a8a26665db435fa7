/**
 * @file How a convolution is cut: blocks of output channels that keep their
 * sums in registers, and loop bodies, of which each computes a chunk of a
 * block's taps, or several whole blocks.
 */

import type { MeanTerm } from "../../core/mean-term.ts";
import { digitOf, mostPlaces, type Row, rowsOf } from "./digits.ts";
import { type CodeConvolution, tapsOf } from "./layer.ts";
import { remembered } from "./remembered.ts";
import { groupSimilar } from "./similar-channels.ts";
import { fitsLane, fitsShiftedLane, largestSum, leastParts } from "./sum-bounds.ts";
import { fitsTotal } from "./wide-sum.ts";

export interface Block {
  /** Output channels, of one group. */
  readonly channels: readonly number[];
  /** Of all channels, in their order: a sum each. */
  readonly rows: readonly Row[];
  /** Taps in order, cut: [first, end) of each loop body. */
  readonly chunks: readonly (readonly [number, number])[];
  /** Whether its sums are added up in 32 bits, chunk by chunk. */
  readonly isWide: boolean;
  /** Vector operations that it is expected to take. */
  readonly operations: number;
}

/** A run of a block's taps: `block.chunks[chunk]`. */
export interface BlockChunk {
  readonly block: Block;
  readonly chunk: number;
}

/** Whether the block's results are made here. */
export function isLastChunk({ block, chunk }: BlockChunk): boolean {
  return chunk === block.chunks.length - 1;
}

/** Accumulators of a block, one for each row: with the temporaries they fill the 16 registers of x86. */
const MAX_BLOCK = 12;
/** A block whose weights are nearly all zero needs fewer temporaries. */
const MAX_SPARSE_BLOCK = 14;
const SPARSE = 0.85;
/** Uneven blocks are made for loads less than this share of those of even ones. */
const WORTH = 0.95;
/** Vector operations of a loop body: beyond, it outgrows the caches of decoded instructions. */
const MAX_OPERATIONS = 3600;
/** Vector operations that add the sum of a row to that of the place below. */
const PLACE_OPERATIONS = 2;
/** Vector operations that leave a sum for the next chunk, and take it: of 16 bits, and of 32. */
const SPILL_OPERATIONS = 2;
const WIDE_SPILL_OPERATIONS = 8;
/** Vector operations from a sum to its store. */
export const FINISH_OPERATIONS = 10;
/** Taps of a loop body, for the search for shared sums. */
const MAX_CHUNK_TAPS = 2400;

/**
 * The blocks of `conv`; `undefined` if a sum cannot be proven to fit.
 *
 * @param perTerm vector operations that each weight takes besides its addition
 */
export function blocksOf(conv: CodeConvolution, perTerm = 0): readonly Block[] | undefined {
  return remembered(conv, `blocks, ${perTerm} more per term`, () => {
    const blocks = channelBlocks(conv).map(channels => cutBlock(conv, channels, perTerm));
    return blocks.every(block => block !== undefined) ? blocks : undefined;
  });
}

/**
 * What each loop body computes, in order. Blocks share one as far as it fits
 * the caches of decoded instructions: what the first has loaded, the others
 * find in the nearest cache.
 */
export function loopBodiesOf(conv: CodeConvolution, blocks: readonly Block[]): BlockChunk[][] {
  const whole = blocks.every(({ chunks }) => chunks.length === 1);
  if (!whole) {
    return blocks.flatMap(block => block.chunks.map((_, chunk) => [{ block, chunk }]));
  }
  const most = Math.max(...blocks.map(({ operations }) => operations));
  const together = Math.max(1, Math.floor(MAX_OPERATIONS / most));
  const count = evenCount(blocks.length, Math.ceil(blocks.length / together), conv.threads ?? 1);
  return Array.from({ length: count }, (_, i) => {
    const cut = (body: number): number => Math.floor((body * blocks.length) / count);
    return blocks.slice(cut(i), cut(i + 1)).map(block => ({ block, chunk: 0 }));
  });
}

/** Output channels of each group in blocks, as few as the registers allow. */
function channelBlocks(conv: CodeConvolution): number[][] {
  const perGroup = conv.output.channels / conv.group;
  const sizes = blockSizes(conv, perGroup);
  return Array.from({ length: conv.group }, (_, group) => {
    const channels = Array.from({ length: perGroup }, (_unused, c) => group * perGroup + c);
    const question = `group ${group} of ${conv.group} in ${sizes} channels of ${tapsOf(conv)} taps`;
    return remembered(conv.weights, question, () =>
      groupSimilar(conv.weights, tapsOf(conv), channels, sizes),
    );
  }).flat();
}

/**
 * Even sizes; but where nearly all weights are zero, loads take the time:
 * blocks as large as they get, if that saves enough of them.
 */
function blockSizes(conv: CodeConvolution, channels: number): readonly number[] {
  const zeros = zerosOf(conv);
  const isSparse = zeros > SPARSE;
  const most = Math.max(
    1,
    Math.floor((isSparse ? MAX_SPARSE_BLOCK : MAX_BLOCK) / mostPlaces(conv)),
  );
  const threads = conv.threads ?? 1;
  const count = evenCount(channels, Math.ceil(channels / most), threads);
  const cut = (block: number): number => Math.floor((block * channels) / count);
  const even = Array.from({ length: count }, (_, block) => cut(block + 1) - cut(block));
  if (!isSparse || threads > 1) return even;
  const full = even.map((_, block) => Math.min(most, channels - block * most));
  // A block loads a tap unless its weights are zero in all its channels.
  const loads = (sizes: readonly number[]): number => sum(sizes.map(size => 1 - zeros ** size));
  return loads(full) < WORTH * loads(even) ? full : even;
}

/** The next multiple of `threads` from `count` on, but `most` at most. */
function evenCount(most: number, count: number, threads: number): number {
  return Math.min(most, Math.ceil(count / threads) * threads);
}

function zerosOf({ weights }: CodeConvolution): number {
  let zeros = 0;
  for (let i = 0; i < weights.length; i++) if (weights[i] === 0) zeros++;
  return zeros / Math.max(1, weights.length);
}

function cutBlock(
  conv: CodeConvolution,
  channels: readonly number[],
  perTerm: number,
): Block | undefined {
  const { weights, bias, range, requantization } = conv;
  const taps = tapsOf(conv);
  const bounds = channels.map(channel => {
    const first = channel * taps;
    if (conv.mean !== undefined) return largestSumWithMean(conv, conv.mean, channel);
    return largestSum(weights, [first, first + taps], range, bias[channel]!);
  });
  const rows = rowsOf(conv, channels);
  const costs = tapCosts(conv, rows, perTerm);
  const cost = sum(costs);
  const least = Math.ceil(Math.max(cost / MAX_OPERATIONS, taps / MAX_CHUNK_TAPS, 1));
  const cut = (count: number, isWide: boolean): Block => {
    const places = (rows.length - channels.length) * PLACE_OPERATIONS;
    const spills = channels.length * (isWide ? WIDE_SPILL_OPERATIONS : SPILL_OPERATIONS);
    const operations =
      cost + count * places + (count - 1) * spills + channels.length * FINISH_OPERATIONS;
    return { channels, rows, chunks: cutTaps(costs, count), isWide, operations };
  };
  if (bounds.every(bound => fitsShiftedLane(bound, requantization))) return cut(least, false);
  // The mean term is made in 16-bit lanes: there is no room for it in the parts of a total.
  if (conv.mean !== undefined) return undefined;
  if (!bounds.every(bound => fitsTotal(bound, requantization))) return undefined;
  const parts = channels.map((channel, j) => leastParts(bounds[j]! - Math.abs(bias[channel]!)));
  for (let count = Math.max(least, ...parts); count <= taps; count++) {
    const block = cut(count, true);
    if (fitsParts(conv, channels, block.chunks)) return block;
  }
  return undefined;
}

/** A term differs from what its multiplier is of the window's sum by its roundings: at most this. */
const MEAN_ROUNDING = 1;

/** The same with the mean term, which adds its multiplier, as a share, to every weight. */
function largestSumWithMean(conv: CodeConvolution, mean: MeanTerm, channel: number): number {
  const taps = tapsOf(conv);
  const ratio = mean.multipliers[channel]! / 2 ** (mean.fraction + mean.shift);
  const weights = Array.from({ length: taps }, (_, k) => conv.weights[channel * taps + k]! + ratio);
  return largestSum(weights, [0, taps], conv.range, conv.bias[channel]!) + MEAN_ROUNDING;
}

/** Whether the sum of every chunk fits 16 bits, in each channel. */
function fitsParts(
  { weights, range, ...conv }: CodeConvolution,
  channels: readonly number[],
  chunks: Block["chunks"],
): boolean {
  const taps = tapsOf({ weights, range, ...conv });
  return channels.every(channel =>
    chunks.every(([first, end]) => {
      const start = channel * taps;
      return fitsLane(largestSum(weights, [start + first, start + end], range));
    }),
  );
}

/** Vector operations that each tap is expected to take: a load, and additions less what is shared. */
function tapCosts(
  { weights, ...conv }: CodeConvolution,
  rows: readonly Row[],
  perTerm: number,
): number[] {
  const taps = tapsOf({ weights, ...conv });
  return Array.from({ length: taps }, (_, tap) => {
    const wants = (row: Row) => digitOf(weights[row.channel * taps + tap]!, row) !== 0;
    const wanted = rows.filter(wants).length;
    const density = wanted / rows.length;
    return wanted === 0 ? 0 : 1 + wanted * (0.9 - 0.65 * density + perTerm);
  });
}

/** `count` runs of taps of about equal cost; each has one tap at least. */
function cutTaps(costs: readonly number[], count: number): [number, number][] {
  const target = sum(costs) / count;
  const cuts = [0];
  let spent = 0;
  for (let tap = 0; tap < costs.length; tap++) {
    const left = costs.length - tap;
    const isDue = spent >= cuts.length * target || left <= count - cuts.length;
    if (tap > cuts.at(-1)! && cuts.length < count && isDue) cuts.push(tap);
    spent += costs[tap]!;
  }
  return cuts.map((cut, i) => [cut, cuts[i + 1] ?? costs.length]);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
