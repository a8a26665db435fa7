/**
 * @file Ternary filters with few weights, over many channels of small images
 * of pixels 0 … 127: the weights are lists of places, which one loop reads.
 *
 * Straight-line code runs once for every eight pixels of a row: where these
 * are few, a processor waits for more code than it executes. Lists take a
 * tenth of the memory, and it fetches them ahead.
 *
 * **Pixels** are copied to scratch memory as bytes, channel after channel, so
 * that a vector is sixteen of them, over the end of a row if need be. A tile
 * of vectors keeps its sums in registers, and a place is read once for it.
 * Input channels are cut into **slices** whose pixels stay in the nearest
 * cache: a function each. Sums wait in scratch memory from one to the next.
 *
 * **Sums** A few pixels of the same sign fit a byte: a **term**, filled up
 * with places of zeros. Two bytes are one 16-bit lane, low + 256·high. The
 * first vector of a sum adds up lanes, the second high bytes; in the end low =
 * first − 256·second, modulo 2^16. Where a sum may not fit 16 bits, two
 * **halves** of it do, of the first slices and of the others.
 *
 * **Layout** of the parameters: channel-parameters.ts; then for each slice and
 * output channel, in u16: bytes of the list of weights +1, bytes of that of −1,
 * and both lists: offsets of places in the slice.
 */

import { biasOffset, moreOffset, multiplierOffset, packChannels } from "./channel-parameters.ts";
import {
  type CodeFunction,
  PARAMETER_COUNT,
  PARAMETERS,
  SCRATCH,
  workOf,
  X,
  Y,
  Z,
} from "./code-function.ts";
import { CodeWriter } from "./code-writer.ts";
import { IN_TURNS } from "./dense-bytes.ts";
import { type FinishChannel, writeFinish, writeHalvedFinish } from "./finish-block.ts";
import { type CodeConvolution, tapsOf } from "./layer.ts";
import { FREE_INTEGER, isMasked, VECTOR_BYTES, vectorsOf } from "./pixel-loop.ts";
import { ELEMENT_BYTES, LANES } from "./planes.ts";
import { fitsHalves, fitsLane, fitsShiftedLane, largestSum } from "./sum-bounds.ts";

const MAX_PIXEL = 127;
const BYTE_MAX = 255;
const BYTE_BITS = 8;
/** Pixels of a term at most: of one bit, more would fit. */
const MAX_TERM = 8;
/** Vectors of bytes of a tile: with two sums each, a term and a pixel they fill the registers of x86. */
const MAX_TILE = 6;
/** Vectors of a sum. */
const SUM_VECTORS = 2;
/** Bytes of pixels of a slice: the nearest cache has room for some more. */
const SLICE_BYTES = 20_000;
/** Places and lengths of lists are u16. */
const WORD_BYTES = 2;
const MAX_WORD = 2 ** 16 - 1;
/** Lengths of lists, before those of a channel. */
const LENGTHS = 2;
const LENGTHS_BYTES = LENGTHS * WORD_BYTES;

/** Code of so many vector operations outgrows the caches that are a processor's own. */
const MANY_OPERATIONS = 50_000;
/** Its first pass takes as long as so many more: fitted to the layers of whole networks (`tritc inspect --measure`). */
const COLD_PASSES = 14;

/** Counters of the loops. */
const ROWS = FREE_INTEGER - 2;
const CHANNELS = FREE_INTEGER - 1;
/** Address of the next place, and of the end of its list and of that of the other sign. */
const LIST = FREE_INTEGER;
const LIST_END = FREE_INTEGER + 1;
const NEXT_END = FREE_INTEGER + 2;
/** Address of the tile in the slice. */
const BYTES = FREE_INTEGER + 3;
/** Address of what is the channel's own, less `biasOffset(0)`. */
const CHANNEL = FREE_INTEGER + 4;
/** Address of the pixels of each place of a term. */
const FIRST_PLACE = FREE_INTEGER + 5;

/** Input channels first … end. */
type Slice = readonly [first: number, end: number];

/** How a layer is computed. */
interface Cut {
  readonly slices: readonly Slice[];
  /** Slices of the first half of the sums; 0 if they are whole. */
  readonly firstHalf: number;
  /** Pixels of a term. */
  readonly terms: number;
  /** Bytes of a row of one phase of pixels. */
  readonly pitch: number;
  /** Bytes of one phase of a channel of pixels, and of all. */
  readonly phaseBytes: number;
  readonly planeBytes: number;
  /** Bytes behind the pixels of a slice. */
  readonly room: number;
  readonly tiles: readonly Tiles[];
}

/** Tiles of the same height, one below the other. */
interface Tiles {
  readonly count: number;
  /** Rows of the result. */
  readonly rows: number;
  readonly vectors: number;
}

/** Whether lists can compute the layer. */
export function fitsByteLists(conv: CodeConvolution): boolean {
  const { range, group, mean, output } = conv;
  if (group > 1 || mean !== undefined || range.min < 0 || range.max > MAX_PIXEL) return false;
  const pitch = pitchOf(conv);
  if (pitch % LANES !== 0 || pitch < vectorsOf(output) * LANES) return false;
  return tilesOf(conv).length > 0 && cutOf(conv) !== undefined;
}

/**
 * Whether they can, and are expected to take less time than code of
 * `operations` vector operations for every eight pixels of a row. Threads that
 * share the functions of a layer cannot share these.
 */
export function prefersByteLists(conv: CodeConvolution, operations: number): boolean {
  if (operations < MANY_OPERATIONS || (conv.threads ?? 1) > 1) return false;
  if (!fitsByteLists(conv)) return false;
  const { output, weights } = conv;
  const { terms, tiles } = cutOf(conv)!;
  const vectors = tiles.reduce((sum, own) => sum + own.count * own.vectors, 0);
  let places = 0;
  for (let i = 0; i < weights.length; i++) if (weights[i] !== 0) places++;
  const lists = places * vectors * (1 + (terms + SUM_VECTORS) / terms);
  return lists < operations * (output.rows * vectorsOf(output) + COLD_PASSES);
}

export function generateByteLists(conv: CodeConvolution): CodeFunction[] {
  const cut = cutOf(conv)!;
  const slices = cut.slices.map((_, index) => new SliceWriter(conv, cut, index).write());
  return [generateCopy(conv, cut), ...slices];
}

export function packByteLists(conv: CodeConvolution): Uint8Array {
  const cut = cutOf(conv)!;
  const channels = packChannels(conv, conv.bias, []);
  const words = cut.slices.flatMap(slice => wordsOf(conv, cut, slice));
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
  const cut = cutOf(conv)!;
  const halves = cut.firstHalf > 0 ? 2 : 1;
  return sumsOffset(cut) + (cut.slices.length > 1 ? halves * halfBytes(conv, cut) : 0);
}

function pitchOf({ input }: CodeConvolution): number {
  return Math.min(input.planeBytes, input.rowBytes) / input.phases / ELEMENT_BYTES;
}

/** Of the rows, and of the columns, that windows `strides` apart read at the same place. */
function phasesOf({ strides, input }: CodeConvolution): { rows: number; columns: number } {
  return { rows: strides[0], columns: input.phases };
}

/** Rows from the first that a window reads to the last. */
function reachOf({ kernel, dilations }: CodeConvolution): number {
  return (kernel[0] - 1) * dilations[0];
}

/** Tiles of about the same height, as few as the registers have room for; none if a row does not fit. */
function tilesOf(conv: CodeConvolution): Tiles[] {
  const { rows } = conv.output;
  const pitch = pitchOf(conv);
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

/** `undefined` if a sum cannot be proven to fit. */
function cutOf(conv: CodeConvolution): Cut | undefined {
  const { input, output, kernel, dilations, range, requantization } = conv;
  const pitch = pitchOf(conv);
  const phases = phasesOf(conv);
  const phaseBytes = pitch * (output.rows + Math.floor(reachOf(conv) / phases.rows));
  const planeBytes = phases.rows * phases.columns * phaseBytes;
  const perSlice = Math.max(1, Math.floor(SLICE_BYTES / planeBytes));
  const largestList = perSlice * kernel[0] * kernel[1] * WORD_BYTES;
  if ((perSlice + 1) * planeBytes > MAX_WORD || largestList > MAX_WORD) return undefined;
  const count = Math.ceil(input.channels / perSlice);
  const boundary = (slice: number): number => Math.floor((slice * input.channels) / count);
  const slices = Array.from({ length: count }, (_, i): Slice => [boundary(i), boundary(i + 1)]);
  const room = VECTOR_BYTES + (kernel[1] - 1) * dilations[1] + input.left;
  const cut = {
    slices,
    pitch,
    phaseBytes,
    planeBytes,
    room,
    tiles: tilesOf(conv),
    terms: Math.min(MAX_TERM, Math.floor(BYTE_MAX / Math.max(1, range.max))),
  };
  const boundsOf = (part: Slice, withBias: boolean): number => largestOf(conv, part, withBias);
  const all: Slice = [0, input.channels];
  if (fitsShiftedLane(boundsOf(all, true), requantization)) return { ...cut, firstHalf: 0 };
  const firstHalf = Math.floor(count / 2);
  if (firstHalf === 0 || !fitsHalves(boundsOf(all, true), requantization)) return undefined;
  const fits =
    fitsLane(boundsOf([0, boundary(firstHalf)], false)) &&
    fitsLane(boundsOf([boundary(firstHalf), input.channels], true));
  return fits ? { ...cut, firstHalf } : undefined;
}

/** The largest sum of any output channel over some input channels. */
function largestOf(conv: CodeConvolution, part: Slice, withBias: boolean): number {
  const { weights, range, input } = conv;
  const taps = tapsOf(conv);
  const bounds = Array.from(conv.bias, (bias, channel) => {
    const [first, end] = part.map(c => channel * taps + (c * taps) / input.channels) as [
      number,
      number,
    ];
    return largestSum(weights, [first, end], range, withBias ? bias : 0);
  });
  return Math.max(...bounds);
}

/** Where a slice begins in scratch memory: with a channel of zeros, and with room behind for what vectors read beyond. */
function sliceOffset({ slices, planeBytes, room }: Cut, index: number): number {
  const bytes = slices.slice(0, index).map(([first, end]) => (end - first + 1) * planeBytes + room);
  return bytes.reduce((sum, own) => sum + Math.ceil(own / VECTOR_BYTES) * VECTOR_BYTES, 0);
}

/** Where sums begin, behind the pixels. */
function sumsOffset(cut: Cut): number {
  return sliceOffset(cut, cut.slices.length);
}

/** The sums of one half, or of all slices. */
function halfBytes({ output }: CodeConvolution, cut: Cut): number {
  const tiles = cut.tiles.map(own => own.count * sumBytes(own));
  return output.channels * tiles.reduce((sum, bytes) => sum + bytes, 0);
}

/** The sums of one tile of one output channel. */
function sumBytes({ vectors }: Tiles): number {
  return vectors * SUM_VECTORS * VECTOR_BYTES;
}

/** Of a slice, for each output channel: lengths, then lists. */
function wordsOf(conv: CodeConvolution, cut: Cut, [first, end]: Slice): number[] {
  const { kernel, dilations, output, weights } = conv;
  const area = kernel[0] * kernel[1];
  const words: number[] = [];
  for (let channel = 0; channel < output.channels; channel++) {
    const start = channel * tapsOf(conv);
    const lists = [1, -1].map(sign => {
      const list: number[] = [];
      for (let tap = first * area; tap < end * area; tap++) {
        if (weights[start + tap] !== sign) continue;
        const plane = Math.floor(tap / area) - first + 1;
        const [ky, kx] = [Math.floor((tap % area) / kernel[1]), tap % kernel[1]];
        list.push(plane * cut.planeBytes + placeOf(conv, cut, ky * dilations[0], kx));
      }
      while (list.length % cut.terms !== 0) list.push(0);
      return list;
    });
    words.push(...lists.map(list => WORD_BYTES * list.length), ...lists.flat());
  }
  return words;
}

/** Where a tap's pixel of the first window lies in its channel: `row` from the window's first, `kx` of the kernel. */
function placeOf(conv: CodeConvolution, cut: Cut, row: number, kx: number): number {
  const { dilations, padLeft, input } = conv;
  const phases = phasesOf(conv);
  const column = kx * dilations[1] - padLeft + input.left;
  const phase = (row % phases.rows) * phases.columns + (column % phases.columns);
  const [down, across] = [Math.floor(row / phases.rows), Math.floor(column / phases.columns)];
  return phase * cut.phaseBytes + down * cut.pitch + across;
}

/** Copies the pixels that windows read: first of each slice a channel of zeros. */
function generateCopy(conv: CodeConvolution, cut: Cut): CodeFunction {
  const { input, output, strides } = conv;
  const { pitch, planeBytes, phaseBytes } = cut;
  const code = new CodeWriter();
  const phases = phasesOf(conv);
  const lastRow = (output.rows - 1) * strides[0] + reachOf(conv);
  const halo = input.left / phases.columns;
  /** Eight pixels of a row of the window, from `column` of their phase on. */
  const copy = (row: number, phase: number, column: number): void => {
    const from = row * input.rowBytes + phase * input.phaseBytes + column * ELEMENT_BYTES;
    const part = (row % phases.rows) * phases.columns + phase;
    const to = part * phaseBytes + Math.floor(row / phases.rows) * pitch + column;
    code.get(BYTES).get(X).load(from).get(X).load(from).vector("narrowToBytes").storeHalf(to, 0);
  };
  const forRows = (each: (row: number, phase: number) => void): void => {
    for (let row = 0; row <= lastRow; row++) {
      for (let phase = 0; phase < phases.columns; phase++) each(row, phase);
    }
  };
  for (const [index, [first, end]] of cut.slices.entries()) {
    code.get(SCRATCH).constant(sliceOffset(cut, index)).addIntegers().set(BYTES);
    for (let byte = 0; byte < planeBytes; byte += VECTOR_BYTES) code.get(BYTES).zero().store(byte);
    code.advance(BYTES, planeBytes);
    code.loop(CHANNELS, end - first, () => {
      // What follows a row is the halo at its end; where rows follow, they overwrite it.
      forRows((row, phase) => {
        for (let column = pitch + halo - LANES; column > pitch - LANES; column -= LANES) {
          copy(row, phase, column);
        }
      });
      forRows((row, phase) => {
        for (let column = 0; column < pitch; column += LANES) copy(row, phase, column);
      });
      code.advance(X, input.planeBytes).advance(BYTES, planeBytes);
    });
  }
  const body = code.finish({ i32: BYTES + 1 - PARAMETER_COUNT, v128: 0 });
  const copies = (input.channels * planeBytes) / LANES;
  const each = { load: 2, add: 1, multiply: 0, finish: 0, addend: 0, spill: 1 };
  return { body, channels: [], leaves: true, work: workOf(body, copies, each) };
}

class SliceWriter {
  readonly #code = new CodeWriter();
  readonly #conv: CodeConvolution;
  readonly #cut: Cut;
  readonly #index: number;
  readonly #isLast: boolean;
  /** Whether nothing of this half of the sums waits yet. */
  readonly #isFirst: boolean;
  /** Bytes from the sums of a whole, or of the first half, to those that the slice adds to. */
  readonly #half: number;
  readonly #firstSum: number;
  readonly #zeros: number;
  readonly #value: number;
  /** Even and odd pixels of a vector, of the half that is added to and of the other. */
  readonly #pixels: number;
  readonly #results: number;

  constructor(conv: CodeConvolution, cut: Cut, index: number) {
    this.#conv = conv;
    this.#cut = cut;
    this.#index = index;
    this.#isLast = index === cut.slices.length - 1;
    this.#isFirst = index === 0 || index === cut.firstHalf;
    this.#half = cut.firstHalf > 0 && index >= cut.firstHalf ? halfBytes(conv, cut) : 0;
    this.#zeros = FIRST_PLACE + cut.terms;
    this.#firstSum = this.#zeros + 1;
    this.#value = this.#firstSum + SUM_VECTORS * Math.max(...cut.tiles.map(own => own.vectors));
    this.#pixels = this.#value + 1;
    this.#results = this.#pixels + 4;
  }

  write(): CodeFunction {
    const code = this.#code;
    code.get(SCRATCH).constant(sliceOffset(this.#cut, this.#index)).addIntegers().set(BYTES);
    code.advance(SCRATCH, sumsOffset(this.#cut));
    for (const tiles of this.#cut.tiles) code.loop(ROWS, tiles.count, () => this.#writeTile(tiles));
    const body = code.finish({
      i32: this.#zeros - PARAMETER_COUNT,
      v128: this.#results + 2 - this.#zeros,
    });
    const channels = this.#isLast ? Array.from(this.#conv.bias, (_, channel) => channel) : [];
    return { body, channels, leaves: !this.#isLast, takes: true, work: this.#workOf(body) };
  }

  /** All channels of the next tile. */
  #writeTile(tile: Tiles): void {
    const { output, addend } = this.#conv;
    const code = this.#code;
    code.get(PARAMETERS).set(CHANNEL);
    code.get(PARAMETERS).constant(this.#listOffset()).addIntegers().set(LIST);
    code.loop(CHANNELS, output.channels, () => this.#writeChannel(tile));
    code.advance(BYTES, tile.rows * this.#cut.pitch);
    if (!this.#isLast) return;
    code.advance(Y, tile.rows * output.rowBytes - output.channels * output.planeBytes);
    if (addend === undefined) return;
    const { rowBytes, planeBytes } = addend.planes;
    code.advance(Z, tile.rows * rowBytes - output.channels * planeBytes);
  }

  /** Where the lists of the slice begin, from p. */
  #listOffset(): number {
    const { slices } = this.#cut;
    const before = slices.slice(0, this.#index);
    const words = before.reduce((n, s) => n + wordsOf(this.#conv, this.#cut, s).length, 0);
    return moreOffset(this.#conv.output.channels) + WORD_BYTES * words;
  }

  #writeChannel(tile: Tiles): void {
    const code = this.#code;
    const { output, addend } = this.#conv;
    forSums(tile, (i, at) => {
      const sum = this.#firstSum + i;
      if (this.#isFirst) code.zero();
      else code.get(SCRATCH).load(this.#half + at);
      code.set(sum);
    });
    code.get(LIST).loadHalf(0).get(LIST).addIntegers();
    code.constant(LENGTHS_BYTES).addIntegers().tee(LIST_END);
    code.get(LIST).loadHalf(WORD_BYTES).addIntegers().set(NEXT_END);
    code.advance(LIST, LENGTHS_BYTES);
    this.#addList(tile, "add");
    code.get(NEXT_END).set(LIST_END);
    this.#addList(tile, "sub");
    if (this.#isLast) this.#finish(tile);
    else {
      forSums(tile, (i, at) => {
        code
          .get(SCRATCH)
          .get(this.#firstSum + i)
          .store(this.#half + at);
      });
    }
    code.advance(CHANNEL, biasOffset(1) - biasOffset(0));
    if (this.#cut.slices.length > 1) code.advance(SCRATCH, sumBytes(tile));
    if (!this.#isLast) return;
    code.advance(Y, output.planeBytes);
    if (addend !== undefined) code.advance(Z, addend.planes.planeBytes);
  }

  /** Adds the terms from the next place to the end of its list to the sums, or takes them away. */
  #addList({ vectors }: Tiles, sign: "add" | "sub"): void {
    const code = this.#code;
    const { terms } = this.#cut;
    code.loopBelow(LIST, LIST_END, () => {
      for (let i = 0; i < terms; i++) {
        code
          .get(BYTES)
          .get(LIST)
          .loadHalf(i * WORD_BYTES);
        code.addIntegers().set(FIRST_PLACE + i);
      }
      for (let v = 0; v < vectors; v++) {
        const [lanes, high] = this.#sumsOf(v);
        for (let i = 0; i < terms; i++) {
          code.get(FIRST_PLACE + i).load(v * VECTOR_BYTES);
          if (i > 0) code.vector("addBytes");
        }
        code.set(this.#value);
        code.get(lanes).get(this.#value).vector(sign).set(lanes);
        code.get(high).get(this.#value).constant(BYTE_BITS).vector("shiftRightUnsigned");
        code.vector(sign).set(high);
      }
      code.advance(LIST, terms * WORD_BYTES);
    });
  }

  #sumsOf(vector: number): [lanes: number, high: number] {
    const lanes = this.#firstSum + SUM_VECTORS * vector;
    return [lanes, lanes + 1];
  }

  #finish({ rows, vectors }: Tiles): void {
    const { firstHalf } = this.#cut;
    const code = this.#code;
    const [even, odd, otherEven, otherOdd] = [0, 1, 2, 3].map(i => this.#pixels + i) as [
      number,
      number,
      number,
      number,
    ];
    const pushBias = (): unknown => code.get(CHANNEL).load(biasOffset(0)).vector("add");
    for (let v = 0; v < vectors; v++) {
      const [lanes, high] = this.#sumsOf(v);
      this.#part(
        () => code.get(lanes),
        () => code.get(high),
        [even, odd],
        pushBias,
      );
      if (firstHalf > 0) {
        const at = SUM_VECTORS * v * VECTOR_BYTES;
        const push = (offset: number) => () => code.get(SCRATCH).load(at + offset);
        this.#part(push(0), push(VECTOR_BYTES), [otherEven, otherOdd], () => undefined);
      }
      for (const half of [0, 1] as const) {
        const channel = this.#channelAt(rows, 2 * v + half);
        if (channel === undefined) continue;
        const [result, other] = [this.#results, this.#results + 1];
        code.get(even).get(odd).shuffle(IN_TURNS[half]!).set(result);
        if (firstHalf > 0) {
          code.get(otherEven).get(otherOdd).shuffle(IN_TURNS[half]!).set(other);
          writeHalvedFinish(code, [result, other], this.#conv, channel);
        } else writeFinish(code, result, this.#conv, channel);
      }
    }
  }

  /** Sets the two locals to even and odd pixels of a sum, with what `more` adds to both. */
  #part(
    pushLanes: () => unknown,
    pushHigh: () => unknown,
    [even, odd]: readonly [number, number],
    more: () => unknown,
  ): void {
    const code = this.#code;
    pushLanes();
    pushHigh();
    code.constant(BYTE_BITS).vector("shiftLeft").vector("sub");
    more();
    code.set(even);
    pushHigh();
    more();
    code.set(odd);
  }

  /** Eight pixels of a tile of `rows`: where they are stored; `undefined` if they are none of the result's. */
  #channelAt(rows: number, group: number): FinishChannel | undefined {
    const { output, addend } = this.#conv;
    const groups = this.#cut.pitch / LANES;
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
    const { terms, slices, tiles } = this.#cut;
    const words = wordsOf(this.#conv, this.#cut, slices[this.#index]!).length;
    const places = words - LENGTHS * output.channels;
    const vectors = tiles.reduce((sum, own) => sum + own.count * own.vectors, 0);
    const results = this.#isLast ? output.channels * output.rows * vectorsOf(output) : 0;
    const ways = Number(!this.#isFirst) + Number(!this.#isLast);
    return workOf(body, 1, {
      load: places * vectors,
      add: (places / terms) * (terms + SUM_VECTORS) * vectors,
      multiply: 0,
      finish: results,
      addend: addend === undefined ? 0 : results,
      spill: ways * output.channels * vectors * SUM_VECTORS,
    });
  }
}

/** Each vector of the sums of a tile, and its place in scratch memory. */
function forSums({ vectors }: Tiles, each: (index: number, at: number) => void): void {
  for (let i = 0; i < SUM_VECTORS * vectors; i++) each(i, i * VECTOR_BYTES);
}
