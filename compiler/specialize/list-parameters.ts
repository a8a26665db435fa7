/**
 * @file The parameters of a convolution by lists (sparse-lists.ts): all that a
 * kernel has to know of it, and the generator that replaces the kernel by code.
 *
 * **Layout:** i32 words in the order of `WORDS`, then `i32 bias[channels]`,
 * then `i16 multiplier[channels]`; assembly/list-parameters.ts states the same.
 */

import type { CodeConvolution } from "./layer.ts";
import type { GapBits } from "./sparse-lists.ts";

/** A ternary convolution on channel planes, but for its weights. */
export interface ListConvolution extends Omit<CodeConvolution, "weights"> {
  readonly gapBits: GapBits;
  /** Whether all sums fit 16 bits on the way to their shifted form. */
  readonly fits16: boolean;
}

const WORDS = [
  "shift",
  "zeroPoint",
  "min",
  "max",
  "fractionBits",
  "sumMultiplier",
  "addendMultiplier",
  "sumZero",
  "addendZero",
  "addZeroPoint",
  "addMin",
  "addMax",
  "channels",
  "group",
  "inputs",
  "gapBits",
  "kernelRows",
  "kernelColumns",
  "strideRows",
  "strideColumns",
  "dilationRows",
  "dilationColumns",
  "padLeft",
  "rows",
  "columns",
  "xPlane",
  "xRow",
  "xLeft",
  "xPhases",
  "xPhase",
  "yPlane",
  "yRow",
  "yLeft",
  "yPhases",
  "yPhase",
  "zPlane",
  "zRow",
  "zLeft",
  "xRows",
  "xColumns",
  "lowest",
  "highest",
  "fits16",
] as const;
type Word = (typeof WORDS)[number];
type Words = Readonly<Record<Word, number>>;

const WORD_BYTES = 4;
/** What a kernel notes down: sums of eight vectors, and behind them 4 bytes per tap. */
const SUMS_BYTES = 8 * (32 + 16);
const HEADER_BYTES = WORDS.length * WORD_BYTES;

/** The scratch area of a kernel. */
export function listScratchBytes({
  input,
  group,
  kernel,
}: Pick<ListConvolution, "input" | "group" | "kernel">): number {
  const taps = (input.channels / group) * kernel[0] * kernel[1];
  return SUMS_BYTES + taps * WORD_BYTES;
}

export function packListParameters(conv: ListConvolution): Uint8Array {
  const words = wordsOf(conv);
  const { channels } = conv.output;
  const packed = new Uint8Array(HEADER_BYTES + channels * (WORD_BYTES + 2));
  const view = new DataView(packed.buffer);
  WORDS.forEach((word, i) => {
    view.setInt32(i * WORD_BYTES, words[word], true);
  });
  for (let c = 0; c < channels; c++) {
    view.setInt32(HEADER_BYTES + c * WORD_BYTES, conv.bias[c]!, true);
    const multiplier = conv.requantization.multipliers[c]!;
    view.setInt16(HEADER_BYTES + channels * WORD_BYTES + c * 2, multiplier, true);
  }
  return packed;
}

function wordsOf(conv: ListConvolution): Words {
  const { requantization: r, addend, input, output, kernel, dilations, range } = conv;
  const add = addend?.requantization;
  return {
    shift: r.shift,
    zeroPoint: r.zeroPoint,
    min: r.min,
    max: r.max,
    // 0 where nothing is added: an addition has at least one.
    fractionBits: add?.fractionBits ?? 0,
    sumMultiplier: add?.multipliers[0] ?? 0,
    addendMultiplier: add?.multipliers[1] ?? 0,
    sumZero: add?.zeroPoints[0] ?? 0,
    addendZero: add?.zeroPoints[1] ?? 0,
    addZeroPoint: add?.zeroPoint ?? 0,
    addMin: add?.min ?? 0,
    addMax: add?.max ?? 0,
    channels: output.channels,
    group: conv.group,
    inputs: input.channels,
    gapBits: conv.gapBits,
    kernelRows: kernel[0],
    kernelColumns: kernel[1],
    strideRows: conv.strides[0],
    strideColumns: conv.strides[1],
    dilationRows: dilations[0],
    dilationColumns: dilations[1],
    padLeft: conv.padLeft,
    rows: output.rows,
    columns: output.columns,
    xPlane: input.planeBytes,
    xRow: input.rowBytes,
    xLeft: input.left,
    xPhases: input.phases,
    xPhase: input.phaseBytes,
    yPlane: output.planeBytes,
    yRow: output.rowBytes,
    yLeft: output.left,
    yPhases: output.phases,
    yPhase: output.phaseBytes,
    zPlane: addend?.planes.planeBytes ?? 0,
    zRow: addend?.planes.rowBytes ?? 0,
    zLeft: addend?.planes.left ?? 0,
    xRows: input.rows,
    xColumns: input.columns,
    lowest: range.min,
    highest: range.max,
    fits16: conv.fits16 ? 1 : 0,
  };
}

/** What lies at `at` of `bytes`; `undefined` if it is no such block. */
export function unpackListParameters(bytes: Uint8Array, at: number): ListConvolution | undefined {
  if (!fits(bytes, at, HEADER_BYTES)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const words = Object.fromEntries(
    WORDS.map((word, i) => [word, view.getInt32(at + i * WORD_BYTES, true)]),
  ) as Words;
  const { channels } = words;
  if (!isSound(words) || !fits(bytes, at + HEADER_BYTES, channels * (WORD_BYTES + 2))) {
    return undefined;
  }
  const each = <T>(read: (channel: number) => T): T[] =>
    Array.from({ length: channels }, (_, channel) => read(channel));
  const biases = at + HEADER_BYTES;
  const multipliers = biases + channels * WORD_BYTES;
  return convolutionOf(
    words,
    Int32Array.from(each(c => view.getInt32(biases + c * WORD_BYTES, true))),
    each(c => view.getInt16(multipliers + c * 2, true)),
  );
}

function fits(bytes: Uint8Array, at: number, count: number): boolean {
  return at >= 0 && at + count <= bytes.length;
}

/** Weights of a layer for whose code anyone would wait. */
const MOST_WEIGHTS = 2 ** 28;

/** Whether all counts are positive, no step leads back, and choices are among those there are. */
function isSound(words: Words): boolean {
  const { channels, inputs, group, kernelRows, kernelColumns, rows, columns } = words;
  const { strideRows, strideColumns } = words;
  const weights = channels * (inputs / group) * kernelRows * kernelColumns;
  const steps = [
    words.xPlane,
    words.xRow,
    words.xLeft,
    words.xPhase,
    words.yPlane,
    words.yRow,
  ].concat([words.yLeft, words.yPhase, words.zPlane, words.zRow, words.zLeft, words.padLeft]);
  const counts = [channels, inputs, group, kernelRows, kernelColumns, strideRows, strideColumns];
  return (
    [...counts, rows, columns].every(count => count > 0 && count < 2 ** 16) &&
    steps.every(step => step >= 0) &&
    [words.xPhases, words.yPhases].every(choice => choice === 1 || choice === 2) &&
    [4, 8].includes(words.gapBits) &&
    weights <= MOST_WEIGHTS &&
    inputs % group === 0 &&
    channels % group === 0
  );
}

function convolutionOf(w: Words, bias: Int32Array, multipliers: number[]): ListConvolution {
  const image = { channels: w.channels, rows: w.rows, columns: w.columns };
  const addend = {
    planes: {
      ...image,
      ...{ planeBytes: w.zPlane, rowBytes: w.zRow, left: w.zLeft },
      ...{ phases: 1 as const, phaseBytes: 0 },
    },
    requantization: {
      fractionBits: w.fractionBits,
      multipliers: [w.sumMultiplier, w.addendMultiplier] as const,
      zeroPoints: [w.sumZero, w.addendZero] as const,
      zeroPoint: w.addZeroPoint,
      min: w.addMin,
      max: w.addMax,
    },
  };
  return {
    kernel: [w.kernelRows, w.kernelColumns],
    strides: [w.strideRows, w.strideColumns],
    dilations: [w.dilationRows, w.dilationColumns],
    padLeft: w.padLeft,
    group: w.group,
    input: {
      ...{ channels: w.inputs, rows: w.xRows, columns: w.xColumns },
      ...{ planeBytes: w.xPlane, rowBytes: w.xRow, left: w.xLeft },
      ...{ phases: w.xPhases as 1 | 2, phaseBytes: w.xPhase },
    },
    output: {
      ...image,
      ...{ planeBytes: w.yPlane, rowBytes: w.yRow, left: w.yLeft },
      ...{ phases: w.yPhases as 1 | 2, phaseBytes: w.yPhase },
    },
    bias,
    requantization: {
      shift: w.shift,
      multipliers,
      zeroPoint: w.zeroPoint,
      min: w.min,
      max: w.max,
    },
    ...(w.fractionBits === 0 ? {} : { addend }),
    range: { min: w.lowest, max: w.highest },
    gapBits: w.gapBits as GapBits,
    fits16: w.fits16 !== 0,
  };
}
