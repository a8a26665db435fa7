/** @file The terms that a chunk of a block's taps is made of: searched for once, wherever the planes lie. */

import { digitOf, type Row } from "./digits.ts";
import { type CodeConvolution, tapOffsets, tapsOf } from "./layer.ts";
import { remembered } from "./remembered.ts";
import { findSums, termsOf } from "./share-sums.ts";
import type { SumBlock } from "./sum-block.ts";

/** The sums of `rows`, of one group, over the taps `first` … `end`. No shared sum has more than `mostTaps`. */
export function sumsOfChunk(
  conv: CodeConvolution,
  rows: readonly Row[],
  [first, end]: readonly [number, number],
  mostTaps?: number,
): SumBlock {
  const channels = rows.map(({ channel }) => channel);
  const taps = wantedTaps(conv, channels, first, end);
  const { plus, minus } = signsOf(conv, rows, taps);
  const question = `sums of ${tapsOf(conv)} taps, ${channels}, ${first} to ${end}, ${mostTaps}`;
  const sums = remembered(conv.weights, question, () => findSums(plus, minus, mostTaps));
  const offsets = tapOffsets(conv, channels[0]!);
  return { offsets: taps.map(tap => offsets[tap]!), terms: termsOf(plus, minus, sums) };
}

/** Those of the taps `first` … `end` that a channel reads: a chunk may have any number of others. */
function wantedTaps(
  conv: CodeConvolution,
  channels: readonly number[],
  first: number,
  end: number,
): number[] {
  const all = tapsOf(conv);
  const taps = Array.from({ length: end - first }, (_, i) => first + i);
  return taps.filter(tap => channels.some(channel => conv.weights[channel * all + tap] !== 0));
}

/** Bit j of a tap's masks is the sign of its digit for `rows[j]`. */
function signsOf(conv: CodeConvolution, rows: readonly Row[], taps: readonly number[]) {
  const all = tapsOf(conv);
  const isSign = (sign: number, row: Row, tap: number): boolean =>
    digitOf(conv.weights[row.channel * all + tap]!, row) === sign;
  const masksOf = (sign: number): number[] =>
    taps.map(tap => rows.reduce((mask, row, j) => mask | (isSign(sign, row, tap) ? 1 << j : 0), 0));
  return { plus: masksOf(1), minus: masksOf(-1) };
}
