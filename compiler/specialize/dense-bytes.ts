/**
 * @file Ternary filters over many channels of pixels of 4 bits: the code of
 * dense.ts, but lanes of 8 bits, sixteen pixels at a time (byte-sums.ts).
 *
 * Planes hold 16 bits per pixel. The first function of a layer writes the rows
 * that windows read to scratch memory once more, one byte each, laid out alike;
 * the others read these. Scratch memory is totals of sums, then bytes.
 */

import {
  type Block,
  type BlockChunk,
  blocksOf,
  FINISH_OPERATIONS,
  isLastChunk,
  loopBodiesOf,
} from "./blocks.ts";
import {
  ByteAccumulators,
  biasBelowOffsets,
  byteTerms,
  FLUSH_ADDITIONS,
  FLUSH_OPERATIONS,
  packedOffsets,
} from "./byte-sums.ts";
import { moreOffset, multiplierOffset, packChannels, startOffset } from "./channel-parameters.ts";
import {
  type CodeFunction,
  PARAMETER_COUNT,
  PARAMETERS,
  SCRATCH,
  workOf,
  X,
} from "./code-function.ts";
import { CodeWriter } from "./code-writer.ts";
import { writeFinish } from "./finish-block.ts";
import { HeldConstants } from "./finish-constants.ts";
import { IN_TURNS } from "./lanes.ts";
import { type CodeConvolution, tapOffsets, tapsOf } from "./layer.ts";
import {
  FREE_INTEGER,
  largestDivisor,
  VECTOR_BYTES,
  vectorsOf,
  type Walker,
  walkersOf,
  writePixelLoop,
} from "./pixel-loop.ts";
import { ELEMENT_BYTES } from "./planes.ts";
import { sumsOfChunk } from "./shared-chunk.ts";
import { type SumCost, writeSums } from "./sum-block.ts";
import * as op from "./vector-ops.ts";
import { TOTAL_VECTORS } from "./wide-sum.ts";

/** The largest pixel: of 4 bits. Larger ones leave room for few terms. */
const MAX_PIXEL = 15;
/** Vectors of 16-bit pixels that are computed together. */
const HALVES = 2;
/** Vector operations of the copy: two loads, one narrowing, one store. */
const NARROWING_OPERATIONS = 4;
const UNROLL = 8;

/** Address of the bytes of a window. */
const BYTES = FREE_INTEGER;
/** Never set. */
const ZEROS = FREE_INTEGER + 1;
const FIRST_SUM = ZEROS + 1;

/** Whether lanes of 8 bits can compute the layer. */
export function fitsBytes(conv: CodeConvolution): boolean {
  const { range, output, mean } = conv;
  if (mean !== undefined || range.min !== 0 || range.max < 1 || range.max > MAX_PIXEL) return false;
  // A pass stores two whole vectors: beyond the image there is room for part of one.
  if (vectorsOf(output) % HALVES !== 0) return false;
  return byteBlocksOf(conv)?.every(({ isWide }) => !isWide) ?? false;
}

/**
 * Whether they can, and are expected to take less time than those of 16 bits.
 * Threads that share the functions of a layer cannot share the copy.
 */
export function prefersBytes(conv: CodeConvolution): boolean {
  if ((conv.threads ?? 1) > 1 || !fitsBytes(conv)) return false;
  const { output } = conv;
  const passes = (output.rows * vectorsOf(output)) / HALVES;
  const copy = (narrowSteps(conv) * NARROWING_OPERATIONS) / passes;
  const ends = output.channels * (FINISH_OPERATIONS + FLUSH_OPERATIONS);
  const sums = operationsOf(blocksOf(conv, FLUSH_ADDITIONS / byteTerms(conv.range.max))!);
  return sums + ends + copy < HALVES * operationsOf(blocksOf(conv)!);
}

export function generateBytes(conv: CodeConvolution): CodeFunction[] {
  const bodies = loopBodiesOf(conv, byteBlocksOf(conv)!);
  return [generateNarrowing(conv), ...bodies.map(chunks => generateBody(conv, chunks))];
}

/** The parameters at p: constants, then for each channel the start of its sum and its multiplier, then what flushes add. */
export function packBytes(conv: CodeConvolution): Uint8Array {
  const { weights, range } = conv;
  const taps = tapsOf(conv);
  const bias = Array.from(conv.bias, (value, channel) =>
    biasBelowOffsets(value, sliceOf(weights, channel * taps, taps), range.max),
  );
  return packChannels(conv, bias, packedOffsets(range.max));
}

/** Scratch memory that the layer needs at s, in bytes. */
export function byteScratchBytes(conv: CodeConvolution): number {
  return bytesOffset(conv) + windowBytes(conv) / ELEMENT_BYTES;
}

/** Blocks, cut such that there is room for flushes. */
function byteBlocksOf(conv: CodeConvolution): readonly Block[] | undefined {
  return blocksOf(conv, FLUSH_OPERATIONS / byteTerms(conv.range.max));
}

function operationsOf(blocks: readonly Block[]): number {
  return blocks.reduce((sum, { operations }) => sum + operations, 0);
}

function sliceOf(values: ArrayLike<number>, first: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => values[first + i]!);
}

/** Where bytes begin in scratch memory, behind the totals. */
function bytesOffset(conv: CodeConvolution): number {
  const passes = (conv.output.rows * vectorsOf(conv.output)) / HALVES;
  const lines = byteBlocksOf(conv)!.map(
    block => lineBytes(block) * (block.chunks.length > 1 ? passes : 1),
  );
  return Math.max(...lines);
}

/** The totals of one pass. They wait in memory of their own for every pass where chunks follow. */
function lineBytes({ channels }: Block): number {
  return channels.length * TOTAL_VECTORS * VECTOR_BYTES;
}

/** Bytes from x to the end of what windows read. */
function windowBytes(conv: CodeConvolution): number {
  const { output, input, strides } = conv;
  const lastTap = Math.max(...tapOffsets(conv, output.channels - 1));
  const lastRow = (output.rows - 1) * strides[0] * input.rowBytes;
  return lastRow + lastTap + vectorsOf(output) * VECTOR_BYTES;
}

/** Vectors of bytes that the copy writes. */
function narrowSteps(conv: CodeConvolution): number {
  return Math.ceil(windowBytes(conv) / (HALVES * VECTOR_BYTES));
}

/** The rows that windows read, as bytes. The last step goes over what the one before has done, not beyond. */
function generateNarrowing(conv: CodeConvolution): CodeFunction {
  const code = new CodeWriter();
  const step = HALVES * VECTOR_BYTES;
  const bytes = windowBytes(conv);
  const whole = Math.floor(bytes / step);
  const unroll = largestDivisor(whole, UNROLL);
  const target = bytesOffset(conv);
  const narrow = (from: number): void => {
    code.get(SCRATCH).get(X).load(from).get(X);
    code.load(from + VECTOR_BYTES).vector(op.narrowToBytes);
    code.store(target + from / ELEMENT_BYTES);
  };
  code.loop(FREE_INTEGER, whole / unroll, () => {
    for (let i = 0; i < unroll; i++) narrow(i * step);
    code.advance(X, unroll * step).advance(SCRATCH, (unroll * step) / ELEMENT_BYTES);
  });
  if (bytes % step > 0) {
    code
      .advance(X, (bytes % step) - step)
      .advance(SCRATCH, ((bytes % step) - step) / ELEMENT_BYTES);
    narrow(0);
  }
  const body = code.finish({ i32: FREE_INTEGER + 1 - PARAMETER_COUNT, v128: 0 });
  const each = { load: HALVES, add: 1, multiply: 0, finish: 0, addend: 0, spill: 1 };
  return { body, channels: [], leaves: true, work: workOf(body, narrowSteps(conv), each) };
}

/** One function. Chunks that leave sums, or find some, are alone. */
function generateBody(conv: CodeConvolution, chunks: readonly BlockChunk[]): CodeFunction {
  const code = new CodeWriter();
  const { output, input, strides, addend } = conv;
  code.point(BYTES, SCRATCH, bytesOffset(conv));
  const walkers: Walker[] = [
    ...walkersOf(conv).filter(({ local }) => local !== X),
    {
      local: BYTES,
      vector: VECTOR_BYTES / ELEMENT_BYTES,
      row: (strides[0] * input.rowBytes) / ELEMENT_BYTES,
    },
  ];
  const [{ block }] = chunks as [BlockChunk];
  if (block.chunks.length > 1) {
    const line = lineBytes(block) / HALVES;
    walkers.push({ local: SCRATCH, vector: line, row: vectorsOf(output) * line });
  }
  let passes: Pass[] = [];
  const write = ({ isEdge }: { readonly isEdge: boolean }): void => {
    passes = chunks.map(chunk => writePass(code, conv, chunk, isEdge));
  };
  writePixelLoop(code, output, walkers, write, { together: HALVES });
  const registers = passes.map(
    ({ cost }, i) => chunks[i]!.block.channels.length + cost.temporaries,
  );
  const body = code.finish({
    i32: ZEROS - PARAMETER_COUNT,
    v128: 1 + Math.max(...registers),
  });
  const channels = chunks.flatMap(chunk => (isLastChunk(chunk) ? chunk.block.channels : []));
  const total = (count: (pass: Pass) => number): number =>
    passes.reduce((sum, pass) => sum + count(pass), 0);
  const finish = HALVES * channels.length;
  const work = workOf(body, (output.rows * vectorsOf(output)) / HALVES, {
    load: total(({ cost }) => cost.loads),
    add: total(({ cost }) => cost.adds),
    multiply: 0,
    finish,
    addend: addend === undefined ? 0 : finish,
    spill: total(({ spills }) => spills),
  });
  // Totals lie where those of other bodies lay: nothing between the two may count on them.
  return { body, channels: channels.sort((a, b) => a - b), leaves: true, takes: true, work };
}

/** Odd pixels, and the first half of all. */
const FINISH_TEMPORARIES = 2;

interface Pass {
  readonly cost: SumCost;
  readonly spills: number;
}

/** Whether a channel reads any of the taps before `end`: then its sum was flushed. */
function readsBefore(conv: CodeConvolution, channel: number, end: number): boolean {
  const first = channel * tapsOf(conv);
  return sliceOf(conv.weights, first, end).some(weight => weight !== 0);
}

/** Sixteen pixels of a chunk of a block. */
function writePass(
  code: CodeWriter,
  conv: CodeConvolution,
  own: BlockChunk,
  isEdge: boolean,
): Pass {
  const { channels, rows, chunks } = own.block;
  const { output, range, addend } = conv;
  const { offsets, terms } = sumsOfChunk(conv, rows, chunks[own.chunk]!, byteTerms(range.max));
  const sums = new ByteAccumulators(code, terms, range.max, {
    first: FIRST_SUM,
    zeros: ZEROS,
    offsets: moreOffset(output.channels),
    hasTotal: channels.map(channel => readsBefore(conv, channel, chunks[own.chunk]![0])),
  });
  const temporaries = FIRST_SUM + channels.length;
  const constants = new HeldConstants(code, temporaries + FINISH_TEMPORARIES);
  const bytes = offsets.map(offset => offset / ELEMENT_BYTES);
  const cost = writeSums(code, { offsets: bytes, terms }, { address: BYTES, temporaries }, sums);
  for (const [j, channel] of channels.entries()) {
    if (!isLastChunk(own)) {
      sums.flush(j);
      continue;
    }
    const [even, odd, first] = [FIRST_SUM + j, temporaries, temporaries + 1];
    constants.besides(channels.length - j + FINISH_TEMPORARIES);
    sums.finish(j, odd, () => code.get(PARAMETERS).load(startOffset(channel)));
    for (const [half, result] of [first, even].entries()) {
      code.get(even).get(odd).shuffle(IN_TURNS[half]!).set(result);
    }
    for (const [half, result] of [first, even].entries()) {
      writeFinish(code, result, conv, {
        pushMultiplier: () => code.get(PARAMETERS).load(multiplierOffset(channel)),
        y: channel * output.planeBytes + (half * VECTOR_BYTES) / output.phases,
        z: channel * (addend?.planes.planeBytes ?? 0) + half * VECTOR_BYTES,
        mask: half * VECTOR_BYTES,
        zeros: ZEROS,
        isEdge: isEdge && half === HALVES - 1,
        constants,
      });
    }
  }
  const used = Math.max(cost.temporaries, FINISH_TEMPORARIES + constants.count);
  return { cost: { ...cost, temporaries: used }, spills: sums.spills };
}
