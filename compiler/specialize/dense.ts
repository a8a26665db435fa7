/**
 * @file Filters over many channels, ternary or of few bits, as code without
 * weights: +1 is an addition, −1 a subtraction and 0 is nothing. Weights of
 * more than one digit are several such filters (digits.ts).
 *
 * Lanes run over eight neighbouring pixels of a row. A block of output
 * channels keeps its sums in registers; each input vector is loaded once for
 * the block, and sums that several channels need are computed once
 * (share-sums.ts). Sums are 16-bit and may wrap on the way: additions modulo
 * 2^16 are exact if the final sum fits. Sums of a block wait in scratch memory
 * from one chunk of its taps to the next.
 */

import { MEAN_FRACTION, type MeanTerm } from "../../core/mean-term.ts";
import { type Block, type BlockChunk, blocksOf, isLastChunk, loopBodiesOf } from "./blocks.ts";
import {
  moreOffset,
  multiplierOffset,
  packChannels,
  packWideStarts,
  startOffset,
} from "./channel-parameters.ts";
import {
  type CodeFunction,
  PARAMETER_COUNT,
  PARAMETERS,
  SCRATCH,
  workOf,
  X,
} from "./code-function.ts";
import { CodeWriter } from "./code-writer.ts";
import { writeFinish, writeShiftedFinish } from "./finish-block.ts";
import { HeldConstants } from "./finish-constants.ts";
import type { CodeConvolution } from "./layer.ts";
import {
  FREE_INTEGER,
  VECTOR_BYTES,
  vectorsOf,
  type Walker,
  walkersOf,
  writePixelLoop,
} from "./pixel-loop.ts";
import { sumsOfChunk } from "./shared-chunk.ts";
import { type SumCost, WordAccumulators, writeSums } from "./sum-block.ts";
import * as op from "./vector-ops.ts";
import { TOTAL_VECTORS, totalOffset, writePart, writeShiftedTotal } from "./wide-sum.ts";

/** Address of t, where there is a mean term. */
const MEAN = FREE_INTEGER;
/** Never set. */
const ZEROS = FREE_INTEGER + 1;
const FIRST_VECTOR = ZEROS + 1;
const INTEGERS = ZEROS - PARAMETER_COUNT;

/** Why the layer cannot become code, as a clause; `undefined` if it can. */
export function rejectsDense(conv: CodeConvolution): string | undefined {
  if (conv.mean !== undefined) return rejectsMean(conv, conv.mean);
  return blocksOf(conv) === undefined ? "sums may not fit 32 bits" : undefined;
}

function rejectsMean(conv: CodeConvolution, { fraction }: MeanTerm): string | undefined {
  if (conv.group > 1) return "its zeros stand for means in groups";
  if (fraction !== MEAN_FRACTION) return "its means are too large for 16-bit lanes";
  return blocksOf(conv) === undefined ? "sums and means may not fit 16 bits" : undefined;
}

/** Vector operations that eight pixels are expected to take. Requires a layer that can become code. */
export function denseOperations(conv: CodeConvolution): number {
  return total(blocksOf(conv)!.map(({ operations }) => operations));
}

export function generateDense(conv: CodeConvolution): CodeFunction[] {
  return loopBodiesOf(conv, blocksOf(conv)!).map(chunks => generateBody(conv, chunks));
}

/**
 * The parameters at p: constants, then for each channel the start of its sum and
 * its multiplier in all lanes, and last the multipliers of the mean term.
 */
export function packDense(conv: CodeConvolution): Uint8Array {
  const { bias, mean } = conv;
  const packed = packChannels(conv, bias, mean?.multipliers ?? []);
  for (const { channels, isWide } of blocksOf(conv)!) {
    if (isWide) packWideStarts(conv, channels, packed);
  }
  return packed;
}

/** Scratch memory that the layer needs at s, in bytes. */
export function denseScratchBytes(conv: CodeConvolution): number {
  const { rows } = conv.output;
  const lines = blocksOf(conv)!.map(block =>
    block.chunks.length === 1 ? 0 : lineBytes(block) * rows * vectorsOf(conv.output),
  );
  return Math.max(0, ...lines);
}

/** What waits in scratch memory of eight pixels. */
function lineBytes(block: Block): number {
  return block.channels.length * VECTOR_BYTES * vectorsOfSum(block);
}

function vectorsOfSum({ isWide }: Block): number {
  return isWide ? TOTAL_VECTORS : 1;
}

/** One function. Chunks that leave sums, or find some, are alone. */
function generateBody(conv: CodeConvolution, chunks: readonly BlockChunk[]): CodeFunction {
  const code = new CodeWriter();
  const writers = chunks.map(chunk => new ChunkWriter(code, conv, chunk));
  const { output, addend } = conv;
  if (writers[0]!.readsMean) {
    // t lies behind, vectors of eight pixels, row after row.
    code.point(MEAN, SCRATCH, denseScratchBytes(conv));
  }
  const walkers = [...walkersOf(conv), ...writers[0]!.walkers()];
  let costs: SumCost[] = [];
  writePixelLoop(code, output, walkers, ({ isEdge }) => {
    costs = writers.map(writer => writer.write(isEdge));
  });
  const registers = costs.map(({ temporaries }, i) => chunks[i]!.block.rows.length + temporaries);
  const body = code.finish({ i32: INTEGERS, v128: 1 + Math.max(...registers) });
  const channels = writers.flatMap(writer => writer.finished).sort((a, b) => a - b);
  const work = workOf(body, output.rows * vectorsOf(output), {
    load: total(costs.map(({ loads }) => loads)),
    add: total(costs.map(({ adds }) => adds)),
    multiply: 0,
    finish: channels.length,
    addend: addend === undefined ? 0 : channels.length,
    spill: total(writers.map(writer => writer.spills)),
  });
  return { body, channels, ...writers[0]!.scratch, work };
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

class ChunkWriter {
  readonly #code: CodeWriter;
  readonly #conv: CodeConvolution;
  readonly #block: Block;
  readonly #chunk: number;
  readonly #isFirst: boolean;
  readonly #isLast: boolean;

  constructor(code: CodeWriter, conv: CodeConvolution, own: BlockChunk) {
    this.#code = code;
    this.#conv = conv;
    this.#block = own.block;
    this.#chunk = own.chunk;
    this.#isFirst = own.chunk === 0;
    this.#isLast = isLastChunk(own);
  }

  /** One vector of pixels. */
  write(isEdge: boolean): SumCost {
    this.#start();
    const cost = this.#sum();
    if (!this.#isLast) {
      this.#leave();
      return cost;
    }
    const temporaries = Math.max(cost.temporaries, this.#finish(isEdge));
    return { ...cost, temporaries };
  }

  /** Channels whose results are stored. */
  get finished(): readonly number[] {
    return this.#isLast ? this.#block.channels : [];
  }

  get readsMean(): boolean {
    return this.#isFirst && this.#conv.mean !== undefined;
  }

  /** What it does with scratch memory. */
  get scratch(): Pick<CodeFunction, "leaves" | "takes"> {
    return { leaves: !this.#isLast, takes: !this.#isFirst };
  }

  /** Vectors that are written to scratch memory, or read from there. */
  get spills(): number {
    const { channels } = this.#block;
    const ways = Number(!this.#isFirst) + Number(!this.#isLast);
    return channels.length * ways * vectorsOfSum(this.#block);
  }

  /** Of the mean term and of scratch memory. */
  walkers(): Walker[] {
    const vectors = vectorsOf(this.#conv.output);
    const walkers: Walker[] = [];
    if (this.readsMean) {
      walkers.push({ local: MEAN, vector: VECTOR_BYTES, row: vectors * VECTOR_BYTES });
    }
    if (this.#block.chunks.length > 1) {
      const line = lineBytes(this.#block);
      walkers.push({ local: SCRATCH, vector: line, row: vectors * line });
    }
    return walkers;
  }

  /** Sums of channels start as the parameters say, as what the chunk before left, or, for parts, as nothing. */
  #start(): void {
    if (this.#block.isWide) return;
    this.#block.channels.forEach((channel, j) => {
      if (this.#isFirst) this.#code.get(PARAMETERS).load(startOffset(channel));
      else this.#code.get(SCRATCH).load(j * VECTOR_BYTES);
      if (this.readsMean) this.#addMean(channel);
      this.#code.set(this.#sumOf(channel));
    });
  }

  /** The local of the channel's sum: that of its row at place 0. */
  #sumOf(channel: number): number {
    return FIRST_VECTOR + this.#block.rows.findIndex(row => row.channel === channel);
  }

  /** Adds the mean term to what is pushed. */
  #addMean(channel: number): void {
    const multiplier = moreOffset(this.#conv.output.channels) + channel * VECTOR_BYTES;
    const code = this.#code.get(MEAN).load(0).get(PARAMETERS).load(multiplier);
    code.vector(op.multiplyQ15).vector(op.add);
  }

  #sum(): SumCost {
    const { rows, chunks, isWide } = this.#block;
    const sums = sumsOfChunk(this.#conv, rows, chunks[this.#chunk]!);
    const locals = { address: X, temporaries: FIRST_VECTOR + rows.length };
    const empty = [...rows.keys()].filter(j => isWide || rows[j]!.place > 0);
    const accumulators = new WordAccumulators(this.#code, FIRST_VECTOR, empty);
    const cost = writeSums(this.#code, sums, locals, accumulators);
    accumulators.fill();
    return { ...cost, adds: cost.adds + this.#addPlaces() };
  }

  /** Adds twice the sum of each row to that of the place below; says how many additions that takes. */
  #addPlaces(): number {
    const { rows } = this.#block;
    let adds = 0;
    for (let j = rows.length - 1; j > 0; j--) {
      if (rows[j]!.place === 0) continue;
      const [sum, below] = [FIRST_VECTOR + j, FIRST_VECTOR + j - 1];
      this.#code.get(below).get(sum).get(sum).vector(op.add).vector(op.add).set(below);
      adds += 2;
    }
    return adds;
  }

  /** Leaves the sums in scratch memory. */
  #leave(): void {
    const code = this.#code;
    this.#block.channels.forEach((channel, j) => {
      const accumulator = this.#sumOf(channel);
      if (!this.#block.isWide) {
        code
          .get(SCRATCH)
          .get(accumulator)
          .store(j * VECTOR_BYTES);
        return;
      }
      writePart(code, accumulator, this.#totalOf(channel, j), (half, pushSum) => {
        code.get(SCRATCH);
        pushSum();
        code.store(totalOffset(j, half));
      });
    });
  }

  /** Stores results; says how many temporaries that takes. */
  #finish(isEdge: boolean): number {
    const { output, addend, requantization } = this.#conv;
    const { channels, rows } = this.#block;
    const constants = new HeldConstants(this.#code, FIRST_VECTOR + rows.length);
    channels.forEach((channel, j) => {
      const accumulator = this.#sumOf(channel);
      const place = {
        pushMultiplier: () => this.#code.get(PARAMETERS).load(multiplierOffset(channel)),
        y: channel * output.planeBytes,
        z: channel * (addend?.planes.planeBytes ?? 0),
        mask: 0,
        zeros: ZEROS,
        isEdge,
        constants: constants.besides(channels.length - j),
      };
      if (!this.#block.isWide) {
        writeFinish(this.#code, accumulator, this.#conv, place);
        return;
      }
      const total = this.#totalOf(channel, j);
      writeShiftedTotal(this.#code, accumulator, total, requantization, accumulator);
      writeShiftedFinish(this.#code, accumulator, this.#conv, place);
    });
    return constants.count;
  }

  /** Pushes the total of the chunks before. */
  #totalOf(channel: number, j: number) {
    return (half: number): void => {
      if (this.#isFirst) this.#code.get(PARAMETERS).load(startOffset(channel));
      else this.#code.get(SCRATCH).load(totalOffset(j, half));
    };
  }
}
