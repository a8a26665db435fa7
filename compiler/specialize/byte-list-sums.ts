/**
 * @file Adds up the pixels that lists of one slice name, and in the end turns
 * the sums into results: see byte-lists.ts.
 *
 * A tile keeps its sums in registers; for each output channel two loops run
 * over its lists. Two bytes are one 16-bit lane, low + 256·high. The first
 * vector of a sum adds up lanes, the second high bytes; in the end low =
 * first − 256·second, modulo 2^16.
 */

import {
  type ByteLayout,
  LENGTHS,
  type Slice,
  SUM_VECTORS,
  sumBytes,
  type Tiles,
  WORD_BYTES,
} from "./byte-list-layout.ts";
import { multiplierOffset, startOffset } from "./channel-parameters.ts";
import {
  type CodeFunction,
  PARAMETER_COUNT,
  PARAMETERS,
  SCRATCH,
  workOf,
  Y,
  Z,
} from "./code-function.ts";
import { CodeWriter } from "./code-writer.ts";
import { type FinishChannel, writeFinish, writeHalvedFinish } from "./finish-block.ts";
import { IN_TURNS } from "./lanes.ts";
import type { CodeConvolution } from "./layer.ts";
import { FREE_INTEGER, isMasked, VECTOR_BYTES, vectorsOf } from "./pixel-loop.ts";
import { LANES } from "./planes.ts";
import * as op from "./vector-ops.ts";

const BYTE_BITS = 8;

/** Counters of the loops. */
const ROWS = FREE_INTEGER - 2;
const CHANNELS = FREE_INTEGER - 1;
/** Address of the next offset, and of the end of its list and of that of the other sign. */
const LIST = FREE_INTEGER;
const LIST_END = FREE_INTEGER + 1;
const NEXT_END = FREE_INTEGER + 2;
/** Address of the tile in the slice. */
const TILE = FREE_INTEGER + 3;
/** Address of what is the channel's own, less `startOffset(0)`. */
const CHANNEL = FREE_INTEGER + 4;
/** Address of each pixel of a term. */
const FIRST_PIXEL = FREE_INTEGER + 5;

/** The function of slice `index`. */
export function generateSums(
  conv: CodeConvolution,
  layout: ByteLayout,
  index: number,
): CodeFunction {
  return new SliceWriter(conv, layout, index).write();
}

class SliceWriter {
  readonly #code = new CodeWriter();
  readonly #conv: CodeConvolution;
  readonly #layout: ByteLayout;
  readonly #slice: Slice;
  readonly #isLast: boolean;
  /** Whether nothing of this half of the sums waits yet. */
  readonly #isFirst: boolean;
  /** Bytes from the sums of a whole, or of the first half, to those that the slice adds to. */
  readonly #half: number;
  /** Vector locals: one never set, the sums, a term, even and odd pixels of both halves, results. */
  readonly #zeros: number;
  readonly #firstSum: number;
  readonly #term: number;
  readonly #pixels: number;
  readonly #results: number;

  constructor(conv: CodeConvolution, layout: ByteLayout, index: number) {
    const { slices, firstHalfSlices, halfBytes, tiles, termPixels } = layout;
    this.#conv = conv;
    this.#layout = layout;
    this.#slice = slices[index]!;
    this.#isLast = index === slices.length - 1;
    this.#isFirst = index === 0 || index === firstHalfSlices;
    this.#half = firstHalfSlices > 0 && index >= firstHalfSlices ? halfBytes : 0;
    this.#zeros = FIRST_PIXEL + termPixels;
    this.#firstSum = this.#zeros + 1;
    this.#term = this.#firstSum + SUM_VECTORS * Math.max(...tiles.map(own => own.vectors));
    this.#pixels = this.#term + 1;
    this.#results = this.#pixels + 4;
  }

  write(): CodeFunction {
    const code = this.#code;
    code.get(SCRATCH).constant(this.#slice.pixels).addIntegers().set(TILE);
    code.advance(SCRATCH, this.#layout.sums);
    for (const tiles of this.#layout.tiles) {
      code.loop(ROWS, tiles.count, () => this.#writeTile(tiles));
    }
    const body = code.finish({
      i32: this.#zeros - PARAMETER_COUNT,
      v128: this.#results + 2 - this.#zeros,
    });
    const channels = this.#isLast ? [...this.#conv.bias.keys()] : [];
    return { body, channels, leaves: !this.#isLast, takes: true, work: this.#workOf(body) };
  }

  /** All channels of the next tile. */
  #writeTile(tile: Tiles): void {
    const { output, addend } = this.#conv;
    const code = this.#code;
    code.get(PARAMETERS).set(CHANNEL);
    code.get(PARAMETERS).constant(this.#slice.lists).addIntegers().set(LIST);
    code.loop(CHANNELS, output.channels, () => this.#writeChannel(tile));
    code.advance(TILE, tile.rows * this.#layout.pitch);
    if (!this.#isLast) return;
    code.advance(Y, tile.rows * output.rowBytes - output.channels * output.planeBytes);
    if (addend === undefined) return;
    const { rowBytes, planeBytes } = addend.planes;
    code.advance(Z, tile.rows * rowBytes - output.channels * planeBytes);
  }

  #writeChannel(tile: Tiles): void {
    const code = this.#code;
    const { output, addend } = this.#conv;
    const sums = Array.from({ length: SUM_VECTORS * tile.vectors }, (_, i) => i);
    for (const i of sums) {
      if (this.#isFirst) code.zero();
      else code.get(SCRATCH).load(this.#half + i * VECTOR_BYTES);
      code.set(this.#firstSum + i);
    }
    code.get(LIST).loadWord16(0).get(LIST).addIntegers();
    code
      .constant(LENGTHS * WORD_BYTES)
      .addIntegers()
      .tee(LIST_END);
    code.get(LIST).loadWord16(WORD_BYTES).addIntegers().set(NEXT_END);
    code.advance(LIST, LENGTHS * WORD_BYTES);
    this.#addList(tile, op.add);
    code.get(NEXT_END).set(LIST_END);
    this.#addList(tile, op.sub);
    if (this.#isLast) this.#finish(tile);
    else {
      for (const i of sums) {
        code.get(SCRATCH).get(this.#firstSum + i);
        code.store(this.#half + i * VECTOR_BYTES);
      }
    }
    code.advance(CHANNEL, startOffset(1) - startOffset(0));
    if (this.#layout.slices.length > 1) code.advance(SCRATCH, sumBytes(tile));
    if (!this.#isLast) return;
    code.advance(Y, output.planeBytes);
    if (addend !== undefined) code.advance(Z, addend.planes.planeBytes);
  }

  /** Adds the terms from the next offset to the end of its list to the sums, or takes them away. */
  #addList({ vectors }: Tiles, addition: number): void {
    const code = this.#code;
    const pixels = Array.from({ length: this.#layout.termPixels }, (_, i) => i);
    code.loopBelow(LIST, LIST_END, () => {
      for (const i of pixels) {
        code
          .get(TILE)
          .get(LIST)
          .loadWord16(i * WORD_BYTES);
        code.addIntegers().set(FIRST_PIXEL + i);
      }
      for (let v = 0; v < vectors; v++) {
        const [lanes, high] = this.#sumsOf(v);
        for (const i of pixels) {
          code.get(FIRST_PIXEL + i).load(v * VECTOR_BYTES);
          if (i > 0) code.vector(op.addBytes);
        }
        code.set(this.#term);
        code.get(lanes).get(this.#term).vector(addition).set(lanes);
        code.get(high).get(this.#term).constant(BYTE_BITS).vector(op.shiftRightUnsigned);
        code.vector(addition).set(high);
      }
      code.advance(LIST, pixels.length * WORD_BYTES);
    });
  }

  #sumsOf(vector: number): [lanes: number, high: number] {
    const lanes = this.#firstSum + SUM_VECTORS * vector;
    return [lanes, lanes + 1];
  }

  #finish({ rows, vectors }: Tiles): void {
    const code = this.#code;
    const isHalved = this.#layout.firstHalfSlices > 0;
    const [own, other] = [this.#pixels, this.#pixels + 2];
    const [result, otherResult] = [this.#results, this.#results + 1];
    for (let v = 0; v < vectors; v++) {
      const sums = this.#sumsOf(v);
      this.#separate(own, i => code.get(sums[i]), true);
      const at = SUM_VECTORS * v * VECTOR_BYTES;
      if (isHalved) {
        this.#separate(other, i => code.get(SCRATCH).load(at + i * VECTOR_BYTES), false);
      }
      for (const half of [0, 1] as const) {
        const channel = this.#channelAt(rows, 2 * v + half);
        if (channel === undefined) continue;
        code
          .get(own)
          .get(own + 1)
          .shuffle(IN_TURNS[half]!)
          .set(result);
        if (isHalved) {
          code
            .get(other)
            .get(other + 1)
            .shuffle(IN_TURNS[half]!)
            .set(otherResult);
          writeHalvedFinish(code, [result, otherResult], this.#conv, channel);
        } else writeFinish(code, result, this.#conv, channel);
      }
    }
  }

  /** Sets local `even` and the next to even and odd pixels of the sum that `push` pushes. */
  #separate(even: number, push: (vector: 0 | 1) => unknown, withStart: boolean): void {
    const code = this.#code;
    const set = (local: number): void => {
      if (withStart) code.get(CHANNEL).load(startOffset(0)).vector(op.add);
      code.set(local);
    };
    push(0);
    push(1);
    code.constant(BYTE_BITS).vector(op.shiftLeft).vector(op.sub);
    set(even);
    push(1);
    set(even + 1);
  }

  /** Eight pixels of a tile of `rows`: where they are stored; `undefined` if they are none of the result's. */
  #channelAt(rows: number, group: number): FinishChannel | undefined {
    const { output, addend } = this.#conv;
    const groups = this.#layout.pitch / LANES;
    const [row, column] = [Math.floor(group / groups), group % groups];
    const columns = vectorsOf(output);
    if (row >= rows || column >= columns) return undefined;
    return {
      pushMultiplier: () => this.#code.get(CHANNEL).load(multiplierOffset(0)),
      y: row * output.rowBytes + (column * VECTOR_BYTES) / output.phases,
      z: row * (addend?.planes.rowBytes ?? 0) + column * VECTOR_BYTES,
      mask: column * VECTOR_BYTES,
      zeros: this.#zeros,
      isEdge: isMasked(output) && column === columns - 1,
    };
  }

  #workOf(body: Uint8Array): CodeFunction["work"] {
    const { output, addend } = this.#conv;
    const { termPixels, vectors } = this.#layout;
    const pixels = this.#slice.words.length - LENGTHS * output.channels;
    const results = this.#isLast ? output.channels * output.rows * vectorsOf(output) : 0;
    const ways = Number(!this.#isFirst) + Number(!this.#isLast);
    return workOf(body, 1, {
      load: pixels * vectors,
      add: (pixels / termPixels) * (termPixels + SUM_VECTORS) * vectors,
      multiply: 0,
      finish: results,
      addend: addend === undefined ? 0 : results,
      spill: ways * output.channels * vectors * SUM_VECTORS,
    });
  }
}
