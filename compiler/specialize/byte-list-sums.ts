/**
 * @file Adds up the pixels that lists of one slice name, and in the end turns
 * the sums into results: see byte-lists.ts.
 *
 * A tile keeps the sums of a bucket in registers; two loops run over its lists.
 * Two bytes are one 16-bit lane, low + 256·high. The first vector of a sum adds
 * up lanes, the second high bytes; in the end low = first − 256·second, modulo
 * 2^16. What two channels share is read after each slice, and goes to totals; the
 * bucket of a channel alone after the last one.
 */

import {
  type ByteLayout,
  bucketsOf,
  LENGTHS,
  MAX_TERM,
  type Slice,
  SUM_VECTORS,
  signOf,
  TILE_SUMS,
  type Tiles,
  WORD_BYTES,
  waitingVectors,
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
import { type FinishChannel, writeShiftedFinish } from "./finish-block.ts";
import { IN_TURNS } from "./lanes.ts";
import type { CodeConvolution } from "./layer.ts";
import { FREE_INTEGER, isMasked, VECTOR_BYTES, vectorsOf } from "./pixel-loop.ts";
import { LANES, type Planes } from "./planes.ts";
import * as op from "./vector-ops.ts";
import { totalOffset, writePart, writeShiftedTotal } from "./wide-sum.ts";

const BYTE_BITS = 8;

/** Counters of the loops. */
const ROWS = FREE_INTEGER - 2;
const CHANNELS = FREE_INTEGER - 1;
const BUCKETS = FREE_INTEGER;
/** Address of the next offset, and of the end of its list and of that of the other sign. */
const LIST = FREE_INTEGER + 1;
const LIST_END = FREE_INTEGER + 2;
const NEXT_END = FREE_INTEGER + 3;
/** Address of the tile in the slice. */
const TILE = FREE_INTEGER + 4;
/** Address of what is the channel's own, less `startOffset(0)`. */
const CHANNEL = FREE_INTEGER + 5;
/** Addresses of buckets that channels share, and of the next one. */
const SHARED = FREE_INTEGER + 6;
const BUCKET = FREE_INTEGER + 7;
/** The next two offsets; the address of each pixel of a term. */
const OFFSETS = FREE_INTEGER + 8;
const FIRST_PIXEL = FREE_INTEGER + 9;
/** Vectors: one never set, the sums, a term, a result. */
const ZEROS = FIRST_PIXEL + MAX_TERM;
const FIRST_SUM = ZEROS + 1;
const TERM = FIRST_SUM + TILE_SUMS;
const RESULT = TERM + 1;

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
  readonly #isFirst: boolean;
  readonly #isLast: boolean;
  /** Address of the buckets: that of a channel alone is where it waits. */
  readonly #buckets: number;

  constructor(conv: CodeConvolution, layout: ByteLayout, index: number) {
    const { slices, together } = layout;
    this.#conv = conv;
    this.#layout = layout;
    this.#slice = slices[index]!;
    this.#isFirst = index === 0;
    this.#isLast = index === slices.length - 1;
    this.#buckets = together === 1 ? SCRATCH : SHARED;
  }

  write(): CodeFunction {
    const code = this.#code;
    code.point(TILE, SCRATCH, this.#slice.pixels);
    code.get(SCRATCH).set(SHARED).advance(SCRATCH, this.#layout.waiting);
    for (const tiles of this.#layout.tiles) {
      code.loop(ROWS, tiles.count, () => this.#writeTile(tiles));
    }
    const body = code.finish({ i32: ZEROS - PARAMETER_COUNT, v128: RESULT + 1 - ZEROS });
    const channels = this.#isLast ? [...this.#conv.bias.keys()] : [];
    return { body, channels, leaves: true, takes: true, work: this.#workOf(body) };
  }

  /** All channels of the next tile. */
  #writeTile(tile: Tiles): void {
    const { output } = this.#conv;
    const { together, pitch } = this.#layout;
    const code = this.#code;
    code.get(PARAMETERS).set(CHANNEL);
    code.point(LIST, PARAMETERS, this.#slice.lists);
    code.loop(CHANNELS, output.channels / together, () => {
      this.#writeBuckets(tile);
      for (let index = 0; index < together; index++) this.#writeChannel(tile, index);
    });
    code.advance(TILE, tile.rows * pitch);
    for (const [local, { channels, rowBytes, planeBytes }] of this.#results) {
      code.advance(local, tile.rows * rowBytes - channels * planeBytes);
    }
  }

  /** Sums of the buckets that the next channels share. */
  #writeBuckets(tile: Tiles): void {
    const code = this.#code;
    const sums = this.#sumsOf(tile);
    code.get(this.#buckets).set(BUCKET);
    code.loop(BUCKETS, bucketsOf(this.#layout.together), () => {
      for (const [i, sum] of sums.entries()) {
        if (this.#buckets === SHARED || this.#isFirst) code.zero();
        else code.get(BUCKET).load(i * VECTOR_BYTES);
        code.set(sum);
      }
      code.get(LIST).loadWord16(0).get(LIST).addIntegers().tee(LIST_END);
      code.get(LIST).loadWord16(WORD_BYTES).addIntegers().set(NEXT_END);
      code.advance(LIST, LENGTHS * WORD_BYTES);
      this.#addList(tile, op.add);
      code.get(NEXT_END).set(LIST_END);
      this.#addList(tile, op.sub);
      for (const [i, sum] of sums.entries()) {
        code
          .get(BUCKET)
          .get(sum)
          .store(i * VECTOR_BYTES);
      }
      code.advance(BUCKET, sums.length * VECTOR_BYTES);
    });
  }

  /** Channel `index` of those that share buckets. */
  #writeChannel(tile: Tiles, index: number): void {
    const code = this.#code;
    if (this.#buckets === SHARED || this.#isLast) this.#finish(tile, index);
    code.advance(CHANNEL, startOffset(1) - startOffset(0));
    code.advance(SCRATCH, tile.vectors * waitingVectors(this.#layout.together) * VECTOR_BYTES);
    for (const [local, { planeBytes }] of this.#results) code.advance(local, planeBytes);
  }

  /** Addresses that move with the results that are stored, and the planes there. */
  get #results(): [local: number, planes: Planes][] {
    const { output, addend } = this.#conv;
    if (!this.#isLast) return [];
    return [
      [Y, output],
      [Z, addend?.planes ?? output],
    ];
  }

  /** Adds the terms from the next offset to the end of its list to the sums, or takes them away. */
  #addList({ vectors }: Tiles, addition: number): void {
    const code = this.#code;
    const { termPixels } = this.#layout;
    code.loopBelow(LIST, LIST_END, () => {
      for (let i = 0; i < termPixels; i += 2) {
        code.get(LIST).loadInteger(i * WORD_BYTES);
        code.set(OFFSETS);
        for (const half of [0, 1]) {
          code.get(TILE).get(OFFSETS).halfInteger(half).addIntegers();
          code.set(FIRST_PIXEL + i + half);
        }
      }
      for (let v = 0; v < vectors; v++) {
        const lanes = FIRST_SUM + SUM_VECTORS * v;
        const high = lanes + 1;
        for (let i = 0; i < termPixels; i++) {
          code.get(FIRST_PIXEL + i).load(v * VECTOR_BYTES);
          if (i > 0) code.vector(op.addBytes);
        }
        code.set(TERM);
        code.get(lanes).get(TERM).vector(addition).set(lanes);
        code.get(high).get(TERM).constant(BYTE_BITS).vector(op.shiftRightUnsigned);
        code.vector(addition).set(high);
      }
      code.advance(LIST, termPixels * WORD_BYTES);
    });
  }

  /** Locals: for each vector of pixels that of lanes, and that of high bytes. */
  #sumsOf({ vectors }: Tiles): number[] {
    return Array.from({ length: SUM_VECTORS * vectors }, (_, i) => FIRST_SUM + i);
  }

  /** Reads the buckets of channel `index`: its sums go to totals, or after the last slice become results. */
  #finish(tile: Tiles, index: number): void {
    const code = this.#code;
    const { requantization } = this.#conv;
    const [even, odd, result] = [TERM, FIRST_SUM, RESULT];
    for (let v = 0; v < tile.vectors; v++) {
      const at = SUM_VECTORS * v;
      this.#pushSum(tile, index, at);
      this.#pushSum(tile, index, at + 1);
      code.tee(odd).constant(BYTE_BITS).vector(op.shiftLeft).vector(op.sub).set(even);
      for (const half of [0, 1] as const) {
        const group = 2 * v + half;
        const channel = this.#channelAt(tile.rows, group);
        if (channel === undefined) continue;
        code.get(even).get(odd).shuffle(IN_TURNS[half]!).set(result);
        const pushTotal = (own: number): void => {
          if (this.#buckets === SCRATCH || this.#isFirst) code.get(CHANNEL).load(startOffset(0));
          else code.get(SCRATCH).load(totalOffset(group, own));
        };
        if (this.#isLast) {
          writeShiftedTotal(code, result, pushTotal, requantization, result);
          writeShiftedFinish(code, result, this.#conv, channel);
          continue;
        }
        writePart(code, result, pushTotal, (own, pushSum) => {
          code.get(SCRATCH);
          pushSum();
          code.store(totalOffset(group, own));
        });
      }
    }
  }

  /** Pushes vector `at` of the sums of channel `index`: those of its buckets. */
  #pushSum({ vectors }: Tiles, index: number, at: number): void {
    const { together } = this.#layout;
    let isFirst = true;
    for (let bucket = 0; bucket < bucketsOf(together); bucket++) {
      const sign = signOf(bucket, index, together);
      if (sign === 0) continue;
      this.#code.get(this.#buckets).load((bucket * SUM_VECTORS * vectors + at) * VECTOR_BYTES);
      // The first one counts for +1 in any channel.
      if (!isFirst) this.#code.vector(sign > 0 ? op.add : op.sub);
      isFirst = false;
    }
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
      zeros: ZEROS,
      isEdge: isMasked(output) && column === columns - 1,
    };
  }

  #workOf(body: Uint8Array): CodeFunction["work"] {
    const { output, addend } = this.#conv;
    const { termPixels, vectors, together } = this.#layout;
    const { channels } = output;
    const lengths = LENGTHS * bucketsOf(together) * (channels / together);
    const pixels = this.#slice.words.length - lengths;
    // Of two channels, four buckets that are written, and six that are added.
    const shared = together === 1 ? 0 : channels * SUM_VECTORS;
    const results = this.#isLast ? channels * output.rows * vectorsOf(output) : 0;
    return workOf(body, 1, {
      load: (pixels + 3 * shared) * vectors,
      add: ((pixels / termPixels) * (termPixels + SUM_VECTORS) + 3 * shared) * vectors,
      multiply: 0,
      finish: results,
      addend: addend === undefined ? 0 : results,
      spill: 2 * (channels * waitingVectors(together) + shared) * vectors,
    });
  }
}
