/**
 * @file Where lists of weights find their pixels, and leave their sums, in
 * scratch memory: see byte-lists.ts.
 *
 * Pixels come first, slice after slice: a channel of zeros, those of the slice,
 * and room for what vectors read behind them. Channels are rows of `pitch`
 * bytes. Rows and columns that windows find at different places, since their
 * strides pass over some, are phases: those that some tap reads lie one after
 * the other. Sums follow: for each half, tile and output channel two vectors
 * for each vector of pixels.
 */

import { moreOffset, startOf } from "./channel-parameters.ts";
import { type CodeConvolution, tapsOf } from "./layer.ts";
import { VECTOR_BYTES, vectorsOf } from "./pixel-loop.ts";
import { ELEMENT_BYTES, LANES } from "./planes.ts";
import { remembered } from "./remembered.ts";
import { fitsHalves, fitsLane, fitsShiftedLane, largestSum } from "./sum-bounds.ts";

const MAX_PIXEL = 127;
const BYTE_MAX = 255;
/** Pixels of a term at most: of one bit, more would fit. */
const MAX_TERM = 8;
/** Vectors of bytes of a tile: with two sums each, a term and a pixel they fill the registers of x86. */
const MAX_TILE = 6;
/** Vectors of a sum. */
export const SUM_VECTORS = 2;
/** Bytes of pixels of a slice: the nearest cache has room for some more. */
const SLICE_BYTES = 20_000;
/** Offsets and lengths of lists are u16. */
export const WORD_BYTES = 2;
const MAX_WORD = 2 ** 16 - 1;
/** Lengths of lists, before those of a channel. */
export const LENGTHS = 2;

/** Input channels that one function reads. */
export interface Slice {
  readonly first: number;
  readonly end: number;
  /** Where its pixels begin in scratch memory. */
  readonly pixels: number;
  /** Where its lists begin, from p. */
  readonly lists: number;
  /** For each output channel: bytes of both lists, then their offsets of pixels. */
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
  /** Slices of the first half of the sums; 0 if they are whole. */
  readonly firstHalfSlices: number;
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
  /** Where sums begin in scratch memory, and bytes of those of one half, or of all slices. */
  readonly sums: number;
  readonly halfBytes: number;
}

/** `undefined` if lists cannot compute the layer. */
export function byteLayoutOf(conv: CodeConvolution): ByteLayout | undefined {
  return remembered(conv, "bytes of lists", () => layOut(conv));
}

/** The sums of one output channel over so many vectors. */
export function sumBytes({ vectors }: Pick<Tiles, "vectors">): number {
  return vectors * SUM_VECTORS * VECTOR_BYTES;
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
  const termPixels = Math.min(MAX_TERM, Math.floor(BYTE_MAX / Math.max(1, range.max)));
  const longest = Math.ceil((most * taps.length) / termPixels) * termPixels * WORD_BYTES;
  if (tiles.length === 0 || Math.max((most + 1) * planeBytes, longest) > MAX_WORD) return undefined;
  const count = Math.ceil(input.channels / most);
  const boundary = (slice: number): number => Math.floor((slice * input.channels) / count);
  const firstHalfSlices = halvesOf(conv, count, boundary);
  if (firstHalfSlices === undefined) return undefined;
  const room = VECTOR_BYTES + (kernel[1] - 1) * dilations[1] + input.left;
  const slices: Slice[] = [];
  let [sums, lists] = [0, moreOffset(output.channels)];
  for (let i = 0; i < count; i++) {
    const [first, end] = [boundary(i), boundary(i + 1)];
    const words = wordsOf(conv, { offsets, planeBytes, termPixels }, first, end);
    slices.push({ first, end, pixels: sums, lists, words });
    const bytes = (end - first + 1) * planeBytes + room;
    sums += Math.ceil(bytes / VECTOR_BYTES) * VECTOR_BYTES;
    lists += WORD_BYTES * words.length;
  }
  const vectors = tiles.reduce((total, own) => total + own.count * own.vectors, 0);
  const halfBytes = output.channels * sumBytes({ vectors });
  return {
    ...{ slices, firstHalfSlices, termPixels, pitch, phases, phaseBytes, planeBytes },
    ...{ tiles, vectors, sums, halfBytes },
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

/** Slices of the first half of the sums, 0 if they are whole; `undefined` if they cannot be proven to fit. */
function halvesOf(
  conv: CodeConvolution,
  count: number,
  boundary: (slice: number) => number,
): number | undefined {
  const { input, requantization } = conv;
  const whole = largestOf(conv, 0, input.channels, bias => bias);
  if (fitsShiftedLane(whole, requantization)) return 0;
  const first = Math.floor(count / 2);
  if (first === 0 || !fitsHalves(whole, requantization)) return undefined;
  const fits =
    fitsLane(largestOf(conv, 0, boundary(first), () => 0)) &&
    fitsLane(
      largestOf(conv, boundary(first), input.channels, bias => startOf(bias, requantization)),
    );
  return fits ? first : undefined;
}

/** The largest sum of any output channel over input channels `first` … `end`, from `start` of its bias on. */
function largestOf(
  conv: CodeConvolution,
  first: number,
  end: number,
  start: (bias: number) => number,
): number {
  const { weights, range, kernel } = conv;
  const area = kernel[0] * kernel[1];
  const bounds = Array.from(conv.bias, (bias, channel) => {
    const at = channel * tapsOf(conv);
    return largestSum(weights, [at + first * area, at + end * area], range, start(bias));
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
  { weights, input, output }: CodeConvolution,
  layout: { offsets: readonly number[]; planeBytes: number; termPixels: number },
  first: number,
  end: number,
): number[] {
  const { offsets, planeBytes, termPixels } = layout;
  const area = offsets.length;
  const words: number[] = [];
  for (let channel = 0; channel < output.channels; channel++) {
    const start = channel * input.channels * area;
    const lists = [1, -1].map(sign => {
      const list: number[] = [];
      for (let tap = first * area; tap < end * area; tap++) {
        if (weights[start + tap] !== sign) continue;
        const plane = Math.floor(tap / area) - first + 1;
        list.push(plane * planeBytes + offsets[tap % area]!);
      }
      while (list.length % termPixels !== 0) list.push(0);
      return list;
    });
    words.push(...lists.map(list => WORD_BYTES * list.length), ...lists.flat());
  }
  return words;
}
