/**
 * @file Ternary filters with few weights, over many channels of small images
 * of pixels 0 … 127: the weights are lists of offsets, which one loop reads.
 *
 * Straight-line code runs once for every eight pixels of a row: where these
 * are few, a processor waits for more code than it executes. Lists take a
 * tenth of the memory, and it fetches them ahead.
 *
 * **Pixels** are copied to scratch memory as bytes, channel after channel, so
 * that a vector is sixteen of them, over the end of a row if need be. A tile
 * of vectors keeps its sums in registers, and an offset is read once for it.
 * Input channels are cut into **slices** whose pixels stay in the nearest
 * cache: a function each. Sums wait in scratch memory from one to the next.
 *
 * **Sums** A few pixels of the same sign fit a byte: a **term**, filled up
 * with zeros; its bytes are added to 16-bit sums. Where a sum may not fit 16
 * bits, two **halves** of it do, of the first slices and of the others.
 *
 * **Layout** of the parameters: channel-parameters.ts; then for each slice and
 * output channel, in u16: bytes of the list of weights +1, bytes of that of −1,
 * and both lists: offsets of pixels in the slice.
 */

import { generateCopy } from "./byte-list-copy.ts";
import { byteLayoutOf, SUM_VECTORS, WORD_BYTES } from "./byte-list-layout.ts";
import { generateSums } from "./byte-list-sums.ts";
import { packChannels } from "./channel-parameters.ts";
import type { CodeFunction } from "./code-function.ts";
import type { CodeConvolution } from "./layer.ts";
import { vectorsOf } from "./pixel-loop.ts";

/** Code of so many vector operations outgrows the caches that are a processor's own. */
const MANY_OPERATIONS = 50_000;
/** Its first pass takes as long as so many more: fitted to the layers of whole networks (`tritc inspect --measure`). */
const COLD_PASSES = 14;

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
  const { termPixels, vectors } = layout;
  const { output, weights } = conv;
  let pixels = 0;
  for (let i = 0; i < weights.length; i++) if (weights[i] !== 0) pixels++;
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
  const words = byteLayoutOf(conv)!.slices.flatMap(slice => slice.words);
  const packed = new Uint8Array(channels.length + WORD_BYTES * words.length);
  packed.set(channels);
  const view = new DataView(packed.buffer, channels.length);
  words.forEach((word, i) => {
    view.setUint16(WORD_BYTES * i, word, true);
  });
  return packed;
}

/** Scratch memory that the layer needs at s, in bytes: pixels, then sums. */
export function byteListScratchBytes(conv: CodeConvolution): number {
  const { sums, slices, firstHalfSlices, halfBytes } = byteLayoutOf(conv)!;
  const halves = firstHalfSlices > 0 ? 2 : 1;
  return sums + (slices.length > 1 ? halves * halfBytes : 0);
}
