/**
 * @file Ternary filters with few weights, over many channels of small images
 * of pixels 0 … 127: the weights are lists of offsets, which one loop reads.
 *
 * Straight-line code runs once for every eight pixels of a row: where these
 * are few, a processor waits for more code than it executes. Lists take a
 * fifth of the memory, and it fetches them ahead.
 *
 * **Pixels** are copied to scratch memory as bytes, channel after channel, so
 * that a vector is sixteen of them, over the end of a row if need be. A tile
 * of vectors keeps its sums in registers, and an offset is read once for it.
 * Input channels are cut into **slices** whose pixels stay in the nearest
 * cache: a function each.
 *
 * **Sums** A few pixels of the same sign fit a byte: a **term**, filled up
 * with zeros; its bytes are added to 16-bit sums, which are called **buckets**.
 * Where the sums of a channel fit 16 bits, it has a bucket of its own, which
 * waits in scratch memory from one slice to the next. Where they may not, there
 * are many weights, and two channels share four buckets, one for each pattern
 * of signs and its opposite: what both read is added once. Sums of a slice fit
 * 16 bits then, and are added to totals of 32, which wait. Channels of an odd
 * number have no such lists.
 *
 * **Layout** of the parameters: channel-parameters.ts; then for each slice and
 * bucket, in u16: bytes from here to the end of the list of pixels that are
 * added, bytes of the list of those that are taken away, and both lists: offsets
 * of pixels in the slice.
 */

import { generateCopy } from "./byte-list-copy.ts";
import { byteLayoutOf, SUM_VECTORS, WORD_BYTES } from "./byte-list-layout.ts";
import { generateSums } from "./byte-list-sums.ts";
import { packChannels, packWideStarts } from "./channel-parameters.ts";
import type { CodeFunction } from "./code-function.ts";
import type { CodeConvolution } from "./layer.ts";
import { vectorsOf } from "./pixel-loop.ts";

/** Code of so many vector operations outgrows the caches that are a processor's own. */
const MANY_OPERATIONS = 50_000;
/** Its first pass takes as long as so many more: fitted to the layers of whole networks (`tritc inspect --measure`). */
const COLD_PASSES = 8;

/** Whether lists can compute the layer. */
export function fitsByteLists(conv: CodeConvolution): boolean {
  return byteLayoutOf(conv) !== undefined;
}

/**
 * Whether they can, and are expected to take less time than code of
 * `operations` vector operations for every eight pixels of a row. Threads that
 * share the functions of a layer cannot share these.
 */
export function prefersByteLists(conv: CodeConvolution, operations: number): boolean {
  if (operations < MANY_OPERATIONS || (conv.threads ?? 1) > 1) return false;
  const layout = byteLayoutOf(conv);
  if (layout === undefined) return false;
  const { slices, termPixels, vectors } = layout;
  const { output } = conv;
  const pixels = slices.reduce((sum, { words }) => sum + words.length, 0);
  const lists = pixels * vectors * (1 + (termPixels + SUM_VECTORS) / termPixels);
  return lists < operations * (output.rows * vectorsOf(output) + COLD_PASSES);
}

export function generateByteLists(conv: CodeConvolution): CodeFunction[] {
  const layout = byteLayoutOf(conv)!;
  return [
    generateCopy(conv, layout),
    ...layout.slices.map((_, index) => generateSums(conv, layout, index)),
  ];
}

export function packByteLists(conv: CodeConvolution): Uint8Array {
  const channels = packChannels(conv, conv.bias, []);
  packWideStarts(conv, conv.bias.keys(), channels);
  const words = byteLayoutOf(conv)!.slices.flatMap(slice => slice.words);
  const packed = new Uint8Array(channels.length + WORD_BYTES * words.length);
  packed.set(channels);
  const view = new DataView(packed.buffer, channels.length);
  words.forEach((word, i) => {
    view.setUint16(WORD_BYTES * i, word, true);
  });
  return packed;
}

/** Scratch memory that the layer needs at s, in bytes. */
export function byteListScratchBytes(conv: CodeConvolution): number {
  return byteLayoutOf(conv)!.scratchBytes;
}
