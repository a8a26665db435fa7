/**
 * @file Where lists of weights find their pixels, and leave their sums, in
 * scratch memory: see byte-lists.ts.
 *
 * The buckets that two channels share come first. Pixels follow, slice after
 * slice: a channel of zeros, those of the slice, and room for what vectors read
 * behind them. Channels are rows of `pitch` bytes. Rows and columns that windows
 * find at different places, since their strides pass over some, are phases:
 * those that some tap reads lie one after the other. Last is what waits from one
 * slice to the next, of all tiles and output channels: totals, or the buckets of
 * channels that share none.
 */

import { moreOffset } from "./channel-parameters.ts";
import { type CodeConvolution, tapsOf } from "./layer.ts";
import { VECTOR_BYTES, vectorsOf } from "./pixel-loop.ts";
import { ELEMENT_BYTES, LANES } from "./planes.ts";
import { remembered } from "./remembered.ts";
import { fitsLane, largestSum } from "./sum-bounds.ts";
import { fitsTotal, TOTAL_VECTORS } from "./wide-sum.ts";

/** Two of them fit a byte. */
const MAX_PIXEL = 127;
/** Pixels of a term at most: of one bit, more would fit a byte. */
export const MAX_TERM = 8;
/** Vectors of bytes of a tile: with two sums each, a term and a pixel they fill the registers of x86. */
const MAX_TILE = 6;
/** Vectors of the sums of sixteen pixels, and of a tile at most. */
export const SUM_VECTORS = 2;
export const TILE_SUMS = SUM_VECTORS * MAX_TILE;
/** Bytes of pixels of a slice: the nearest cache has room for some more. */
const SLICE_BYTES = 20_000;
/** Offsets and lengths of lists are u16. */
export const WORD_BYTES = 2;
const MAX_WORD = 2 ** 16 - 1;
/** Words before the lists of a bucket: their lengths. */
export const LENGTHS = 2;

/** Input channels that one function reads. */
export interface Slice {
  readonly first: number;
  readonly end: number;
  /** Where its pixels begin in scratch memory. */
  readonly pixels: number;
  /** Where its lists begin, from p. */
  readonly lists: number;
  /** For each bucket of all channels: bytes from here to the end of the first list, bytes of the second, and both: offsets of pixels. */
  readonly words: readonly number[];
}

/** Tiles of the same height, one below the other. */
export interface Tiles {
  readonly count: number;
  /** Rows of the result. */
  readonly rows: number;
  readonly vectors: number;
}

export interface ByteLayout {
  readonly slices: readonly Slice[];
  /** Output channels that share buckets: 1, or 2 whose sums may not fit 16 bits. */
  readonly together: number;
  readonly termPixels: number;
  /** Bytes of a row of one phase of pixels. */
  readonly pitch: number;
  /** Those that taps read, in order. */
  readonly phases: readonly number[];
  /** Bytes of one phase of a channel of pixels, and of all. */
  readonly phaseBytes: number;
  readonly planeBytes: number;
  readonly tiles: readonly Tiles[];
  /** Of all tiles. */
  readonly vectors: number;
  /** Where the last part of scratch memory begins, and the size of all. */
  readonly waiting: number;
  readonly scratchBytes: number;
}

/** `undefined` if lists cannot compute the layer. */
export function byteLayoutOf(conv: CodeConvolution): ByteLayout | undefined {
  return remembered(conv, "bytes of lists", () => layOut(conv));
}

/** How many buckets output channels share: patterns of signs, one for each and its opposite. */
export function bucketsOf(together: number): number {
  return (3 ** together - 1) / 2;
}

/** Vectors that wait from one slice to the next, of sixteen pixels of an output channel: its bucket, or totals of sums that may not fit 16 bits. */
export function waitingVectors(together: number): number {
  return together === 1 ? SUM_VECTORS : 2 * TOTAL_VECTORS;
}

/** What a bucket counts for in channel `index` of those that share it: −1, 0 or 1. */
export function signOf(bucket: number, index: number, together: number): number {
  return (Math.floor((bucket + 1 + bucketsOf(together)) / 3 ** index) % 3) - 1;
}

/** Number of the phase of `row` of a window and `column` of the input, among all of them. */
export function phaseOf({ strides, input }: CodeConvolution, row: number, column: number): number {
  return (row % strides[0]) * input.phases + (column % input.phases);
}

function layOut(conv: CodeConvolution): ByteLayout | undefined {
  const { input, output, kernel, dilations, strides, range, group, mean } = conv;
  if (group > 1 || mean !== undefined || range.min < 0 || range.max > MAX_PIXEL) return undefined;
  const pitch = Math.min(input.planeBytes, input.rowBytes) / input.phases / ELEMENT_BYTES;
  if (pitch % LANES !== 0 || pitch < vectorsOf(output) * LANES) return undefined;
  const tiles = tilesOf(output.rows, pitch);
  const phaseBytes =
    pitch * (output.rows + Math.floor(((kernel[0] - 1) * dilations[0]) / strides[0]));
  const taps = tapsOfWindow(conv);
  const phases = [...new Set(taps.map(({ row, column }) => phaseOf(conv, row, column)))];
  const planeBytes = phaseBytes * phases.length;
  const offsets = taps.map(({ row, column }) => {
    const phase = phases.indexOf(phaseOf(conv, row, column));
    const [down, across] = [Math.floor(row / strides[0]), Math.floor(column / input.phases)];
    return phase * phaseBytes + down * pitch + across;
  });
  const most = Math.max(1, Math.floor(SLICE_BYTES / planeBytes));
  const termPixels = Math.min(MAX_TERM, 2 * Math.floor(MAX_PIXEL / Math.max(1, range.max)));
  const longest = (LENGTHS + most * taps.length + termPixels) * WORD_BYTES;
  const farthest = most * planeBytes + Math.max(...offsets);
  if (tiles.length === 0 || Math.max(farthest, longest) > MAX_WORD) return undefined;
  const together = fitsLane(largestOf(conv, 0, input.channels, 0)) ? 1 : 2;
  const cuts = cutsOf(conv, most, together);
  const fits = fitsTotal(largestOf(conv, 0, input.channels), conv.requantization);
  if (!fits || cuts === undefined || output.channels % together > 0) return undefined;
  const vectors = tiles.reduce((total, own) => total + own.count * own.vectors, 0);
  const room = VECTOR_BYTES + (kernel[1] - 1) * dilations[1] + input.left;
  const slices: Slice[] = [];
  let end = together === 1 ? 0 : bucketsOf(together) * TILE_SUMS * VECTOR_BYTES;
  let lists = moreOffset(output.channels);
  for (let i = 1; i < cuts.length; i++) {
    const [first, last] = [cuts[i - 1]!, cuts[i]!];
    const words = wordsOf(conv, { offsets, planeBytes, termPixels, together }, first, last);
    slices.push({ first, end: last, pixels: end, lists, words });
    const bytes = (last - first + 1) * planeBytes + room;
    end += Math.ceil(bytes / VECTOR_BYTES) * VECTOR_BYTES;
    lists += WORD_BYTES * words.length;
  }
  return {
    ...{ slices, together, termPixels, pitch, phases, phaseBytes, planeBytes },
    ...{ tiles, vectors, waiting: end },
    scratchBytes: end + output.channels * vectors * waitingVectors(together) * VECTOR_BYTES,
  };
}

/** Tiles of about the same height, as few as the registers have room for; none if a row does not fit. */
function tilesOf(rows: number, pitch: number): Tiles[] {
  const most = Math.floor((MAX_TILE * VECTOR_BYTES) / pitch);
  if (most === 0) return [];
  const count = Math.ceil(rows / most);
  const [least, higher] = [Math.floor(rows / count), rows % count];
  const heights = [
    { rows: least + 1, count: higher },
    { rows: least, count: count - higher },
  ];
  return heights
    .filter(tiles => tiles.count > 0)
    .map(tiles => ({ ...tiles, vectors: Math.ceil((tiles.rows * pitch) / VECTOR_BYTES) }));
}

/**
 * Where input channels are cut into slices: as few of up to `most` as there can
 * be. Additions are modulo 2^16, so that only sums have to fit that are read as
 * they are: those of all slices, or of each where totals take them.
 */
function cutsOf(conv: CodeConvolution, most: number, together: number): number[] | undefined {
  const { channels } = conv.input;
  for (let count = Math.ceil(channels / most); count <= channels; count++) {
    const cuts = Array.from({ length: count + 1 }, (_, i) => Math.floor((i * channels) / count));
    const fits = (end: number, i: number): boolean =>
      i === 0 || together === 1 || fitsLane(largestOf(conv, cuts[i - 1]!, end, 0));
    if (cuts.every(fits)) return cuts;
  }
  return undefined;
}

/** The largest sum of any output channel over input channels `first` … `end`, from `start` on, which is its bias unless told. */
function largestOf(conv: CodeConvolution, first: number, end: number, start?: number): number {
  const { weights, range, kernel } = conv;
  const area = kernel[0] * kernel[1];
  const bounds = Array.from(conv.bias, (bias, channel) => {
    const at = channel * tapsOf(conv);
    return largestSum(weights, [at + first * area, at + end * area], range, start ?? bias);
  });
  return Math.max(...bounds);
}

/** Where the first window reads: rows from its first, columns of the padded input. */
function tapsOfWindow(conv: CodeConvolution): { row: number; column: number }[] {
  const { kernel, dilations, padLeft, input } = conv;
  return Array.from({ length: kernel[0] * kernel[1] }, (_, tap) => ({
    row: Math.floor(tap / kernel[1]) * dilations[0],
    column: (tap % kernel[1]) * dilations[1] - padLeft + input.left,
  }));
}

/** What the lists of input channels `first` … `end` say; `offsets` are those of a window's taps in a channel. */
function wordsOf(
  conv: CodeConvolution,
  layout: { offsets: readonly number[]; planeBytes: number; termPixels: number; together: number },
  first: number,
  end: number,
): number[] {
  const { offsets, planeBytes, termPixels, together } = layout;
  const area = offsets.length;
  const words: number[] = [];
  for (let channel = 0; channel < conv.output.channels; channel += together) {
    const lists = Array.from({ length: LENGTHS * bucketsOf(together) }, (): number[] => []);
    for (let tap = first * area; tap < end * area; tap++) {
      const pattern = patternOf(conv, [channel, together], tap);
      if (pattern === 0) continue;
      const plane = Math.floor(tap / area) - first + 1;
      const list = lists[LENGTHS * (Math.abs(pattern) - 1) + Number(pattern < 0)]!;
      list.push(plane * planeBytes + offsets[tap % area]!);
    }
    for (const list of lists) while (list.length % termPixels !== 0) list.push(0);
    for (let i = 0; i < lists.length; i += LENGTHS) {
      const [plus, minus] = lists.slice(i, i + LENGTHS) as [number[], number[]];
      words.push(WORD_BYTES * (LENGTHS + plus.length), WORD_BYTES * minus.length);
      words.push(...plus, ...minus);
    }
  }
  return words;
}

/** The weights of a tap in output channels that share buckets as digits to the base 3: ± one more than the number of its bucket, or 0. */
function patternOf(
  conv: CodeConvolution,
  [first, together]: readonly [number, number],
  tap: number,
): number {
  let pattern = 0;
  for (let channel = first + together - 1; channel >= first; channel--) {
    pattern = 3 * pattern + conv.weights[channel * tapsOf(conv) + tap]!;
  }
  return pattern;
}
