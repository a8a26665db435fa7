/**
 * @file Weights as code: a ternary convolution becomes functions without
 * weights, in which +1 is an addition, −1 a subtraction and 0 is nothing.
 *
 * Lanes run over eight neighbouring pixels of a row. A block of output
 * channels keeps its sums in registers; each input vector is loaded once for
 * the block, and sums that several channels need are computed once
 * (share-sums.ts). Sums are 16-bit and may wrap on the way: additions modulo
 * 2^16 are exact if the final sum fits, which the caller's bounds prove.
 */

import type { AddRequantization, Requantization } from "../../core/requantize.ts";
import { CodeWriter } from "./code-writer.ts";
import { packParameters, pushBias, writeFinish } from "./finish-block.ts";
import { columnOffset, ELEMENT_BYTES, LANES, type Planes } from "./planes.ts";
import { writeSums } from "./sum-block.ts";

/** A ternary convolution whose weights become code. */
export interface CodeConvolution {
  /** [M][C][kH][kW], −1, 0 or +1. */
  readonly trits: ArrayLike<number>;
  readonly kernel: readonly [number, number];
  /** Along both axes; the input has as many phases. */
  readonly stride: 1 | 2;
  readonly dilations: readonly [number, number];
  /** Left padding; the input's halo is at least as wide. */
  readonly padLeft: number;
  readonly input: Planes;
  readonly output: Planes;
  /** Per output channel, modulo 2^16. */
  readonly bias: Int32Array;
  /** The proven largest |sum|, bias included, per output channel. */
  readonly bounds: readonly number[];
  readonly requantization: Requantization;
  /** A second operand, added to the requantised result. */
  readonly addend?: { readonly planes: Planes; readonly requantization: AddRequantization };
}

/**
 * One function of a module, of five i32 addresses (x, y, z, p, m) and no result.
 *
 * x: padded column 0 of the first row that a window reads, channel 0; y:
 * padded column 0 of row 0, channel 0 of the output; z: the same of the
 * addend; p: `packCodeParameters`; m: `packMask`. z and m are read only where
 * there is an addend or a mask.
 */
export interface CodeFunction {
  /** As it stands in the code section: locals, instructions, `end`. */
  readonly body: Uint8Array;
  readonly work: CodeWork;
}

/** What one call executes, in vectors of all passes together, for cost models. */
export interface CodeWork {
  /** Runs of the loop body. */
  readonly pass: number;
  readonly load: number;
  /** Additions and subtractions. */
  readonly add: number;
  /** Results that are requantised and stored. */
  readonly finish: number;
  /** Second operands that are added to results. */
  readonly addend: number;
  /** Bytes of code: read from memory once in a call, where caches are small. */
  readonly code: number;
  /** Bytes of code beyond `CACHED_CODE_BYTES` in a loop body, times passes. */
  readonly excess: number;
}

/** Code that a loop runs from the caches of decoded instructions. */
export const CACHED_CODE_BYTES = 36_000;

/** Taps of one block: beyond, its code would outgrow the caches of decoded instructions. */
const MAX_TAPS = 1200;
const INT16_MAX = 32767;
const VECTOR_BYTES = LANES * ELEMENT_BYTES;
/** Accumulators of a block: with the temporaries they fill the 16 registers of x86. */
const MAX_BLOCK = 12;
/** A block whose weights are nearly all zero needs fewer temporaries. */
const MAX_SPARSE_BLOCK = 14;
const SPARSE = 0.85;

const X = 0;
const Y = 1;
const Z = 2;
const PARAMETERS = 3;
const MASK = 4;
const ROW_COUNTER = 5;
const COLUMN_COUNTER = 6;
const FIRST_VECTOR = 7;

/** Why `conv` cannot become code, as a clause; `undefined` if it can. */
export function rejectsCode(conv: CodeConvolution): string | undefined {
  const { input, stride, bounds, requantization, addend } = conv;
  if (input.phases !== stride) return "columns are not laid out for its stride";
  if (addend !== undefined && addend.planes.phases !== 1) return "its addend lies in two phases";
  if (tapsOf(conv) > MAX_TAPS) return "a sum has too many terms";
  if (bounds.some(bound => shiftedBound(bound, requantization) > INT16_MAX)) {
    return "sums may not fit 16 bits";
  }
  return undefined;
}

/** The largest value on the way from a sum to its shifted form: rounding adds, a left shift multiplies. */
function shiftedBound(bound: number, { shift }: Requantization): number {
  return shift > 0 ? bound + 2 ** (shift - 1) : bound * 2 ** -shift;
}

/** One function per block of output channels; each is called once, all with the same arguments. */
export function generateConvolution(conv: CodeConvolution): CodeFunction[] {
  return blocksOf(conv).map(channels => generateBlock(conv, channels));
}

/** The parameters at p. */
export function packCodeParameters(conv: CodeConvolution): Uint8Array {
  return packParameters(conv.bias, conv);
}

/** The masks at m: i16 per column, −1 within the image; empty if rows fill their vectors. */
export function packMask({ output: { columns } }: CodeConvolution): Uint8Array {
  if (columns % LANES === 0) return new Uint8Array(0);
  const mask = new Int16Array(Math.ceil(columns / LANES) * LANES).fill(-1, 0, columns);
  return new Uint8Array(mask.buffer);
}

function tapsOf({ input, kernel }: CodeConvolution): number {
  return input.channels * kernel[0] * kernel[1];
}

/** Output channels in blocks of even size, as few as the registers allow. */
function blocksOf(conv: CodeConvolution): number[][] {
  const { channels } = conv.output;
  const zeros = Array.from(conv.trits).filter(trit => trit === 0).length / conv.trits.length;
  const most = zeros > SPARSE ? MAX_SPARSE_BLOCK : MAX_BLOCK;
  const count = Math.ceil(channels / most);
  return Array.from({ length: count }, (_, block) => {
    const first = Math.floor((block * channels) / count);
    const end = Math.floor(((block + 1) * channels) / count);
    return Array.from({ length: end - first }, (_unused, j) => first + j);
  });
}

function generateBlock(conv: CodeConvolution, channels: readonly number[]): CodeFunction {
  const code = new CodeWriter();
  const { output, input, stride, addend } = conv;
  const vectors = Math.ceil(output.columns / LANES);
  const masked = output.columns % LANES !== 0;
  const steps = { x: VECTOR_BYTES, y: VECTOR_BYTES / output.phases, z: VECTOR_BYTES };
  let cost = { loads: 0, adds: 0, temporaries: 0 };
  code.loop(ROW_COUNTER, output.rows, () => {
    code.loop(COLUMN_COUNTER, vectors, () => {
      cost = writePass(code, conv, channels, masked);
      code.advance(X, steps.x).advance(Y, steps.y);
      if (addend !== undefined) code.advance(Z, steps.z);
      if (masked) code.advance(MASK, VECTOR_BYTES);
    });
    code.advance(X, stride * input.rowBytes - vectors * steps.x);
    code.advance(Y, output.rowBytes - vectors * steps.y);
    if (addend !== undefined) code.advance(Z, addend.planes.rowBytes - vectors * steps.z);
    if (masked) code.advance(MASK, -vectors * VECTOR_BYTES);
  });
  const body = code.finish({ i32: 2, v128: channels.length + cost.temporaries });
  const pass = output.rows * vectors;
  const finish = channels.length * pass;
  const work = {
    pass,
    load: cost.loads * pass,
    add: cost.adds * pass,
    finish,
    addend: addend === undefined ? 0 : finish,
    code: body.length,
    excess: Math.max(0, body.length - CACHED_CODE_BYTES) * pass,
  };
  return { body, work };
}

/** Eight pixels of every channel of the block. */
function writePass(
  code: CodeWriter,
  conv: CodeConvolution,
  channels: readonly number[],
  masked: boolean,
) {
  channels.forEach((channel, j) => {
    pushBias(code, PARAMETERS, channel);
    code.set(FIRST_VECTOR + j);
  });
  const cost = writeSums(
    code,
    { offsets: offsetsOf(conv), ...signsOf(conv, channels) },
    { address: X, accumulators: FIRST_VECTOR, temporaries: FIRST_VECTOR + channels.length },
  );
  const locals = { parameters: PARAMETERS, y: Y, z: Z, mask: MASK };
  channels.forEach((channel, j) => {
    writeFinish(code, FIRST_VECTOR + j, channel, { ...conv, masked }, locals);
  });
  return cost;
}

/** Byte offset of each tap, [C][kH][kW], from x. */
function offsetsOf({ input, kernel, dilations, padLeft }: CodeConvolution): number[] {
  const offsets: number[] = [];
  for (let c = 0; c < input.channels; c++) {
    for (let ky = 0; ky < kernel[0]; ky++) {
      for (let kx = 0; kx < kernel[1]; kx++) {
        const row = c * input.planeBytes + ky * dilations[0] * input.rowBytes;
        offsets.push(row + columnOffset(input, kx * dilations[1] - padLeft));
      }
    }
  }
  return offsets;
}

/** Bit j of a tap's masks is the sign of its weight for `channels[j]`. */
function signsOf(conv: CodeConvolution, channels: readonly number[]) {
  const taps = tapsOf(conv);
  const maskOf = (tap: number, sign: number): number =>
    channels.reduce(
      (mask, channel, j) => (conv.trits[channel * taps + tap] === sign ? mask | (1 << j) : mask),
      0,
    );
  const signs = (sign: number): number[] => Array.from({ length: taps }, (_, t) => maskOf(t, sign));
  return { plus: signs(1), minus: signs(-1) };
}
