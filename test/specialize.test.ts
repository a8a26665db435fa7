/** @file Generated code against the definition of what it computes, bit for bit. */

import { describe, expect, test } from "vitest";
import {
  type CodeConvolution,
  generateConvolution,
  packCodeParameters,
  packMask,
  rejectsCode,
  scratchBytesOf,
} from "../compiler/specialize/convolution.ts";
import {
  byteScratchBytes,
  fitsBytes,
  generateBytes,
  packBytes,
  prefersBytes,
} from "../compiler/specialize/dense-bytes.ts";
import { VECTOR_BYTES, vectorsOf, windowOffsets } from "../compiler/specialize/pixel-loop.ts";
import { columnOffset, type Planes } from "../compiler/specialize/planes.ts";
import { findSums, type Term, termsOf } from "../compiler/specialize/share-sums.ts";
import { Random } from "../core/random.ts";
import { addRequantized, requantize } from "../core/requantize.ts";
import { instantiate } from "./specialize/run-code.ts";

interface Case {
  readonly channels: readonly [number, number];
  readonly group?: number;
  readonly size: readonly [number, number];
  readonly kernel: readonly [number, number];
  readonly stride?: 1 | 2;
  /** Between rows; as between columns unless told. */
  readonly rowStride?: number;
  readonly dilations?: readonly [number, number];
  readonly zeros?: number;
  readonly outputPhases?: 1 | 2;
  readonly addend?: boolean;
  readonly shift?: number;
  readonly zeroPoint?: number;
  /** Weights up to ±`magnitude` instead of trits. */
  readonly magnitude?: number;
  readonly bias?: number;
  /** All pixels and weights are as large as they get. */
  readonly extreme?: boolean;
  /** The first input channels, that no filter reads. */
  readonly unread?: number;
  /** Pixels are 0 … `pixel` instead of −128 … 127. */
  readonly pixel?: number;
  /** An output channel whose weights are all 0. */
  readonly dead?: number;
}

const CASES: readonly Case[] = [
  { channels: [3, 16], size: [32, 32], kernel: [3, 3], zeros: 0.5 },
  { channels: [16, 16], size: [8, 8], kernel: [3, 3], zeros: 0.33, addend: true },
  { channels: [5, 7], size: [4, 5], kernel: [3, 3], zeros: 0.5, zeroPoint: -128 },
  { channels: [4, 3], size: [7, 7], kernel: [5, 5], zeros: 0.7, shift: 2, addend: true },
  { channels: [8, 13], size: [6, 16], kernel: [3, 3], stride: 2, zeros: 0.5, outputPhases: 2 },
  { channels: [8, 30], size: [3, 13], kernel: [1, 1], stride: 2, zeros: 0.9 },
  {
    channels: [6, 9],
    size: [9, 28],
    kernel: [3, 3],
    dilations: [2, 3],
    zeros: 0.5,
    outputPhases: 2,
  },
  { channels: [40, 29], size: [2, 8], kernel: [1, 1], zeros: 0.95, zeroPoint: 5 },
  { channels: [3, 5], size: [4, 8], kernel: [1, 1], zeros: 0.3, shift: -4 },
  { channels: [1, 1], size: [1, 1], kernel: [1, 1], zeros: 0 },
  { channels: [2, 3], size: [2, 3], kernel: [3, 3], zeros: 1 },
  { channels: [4, 5], size: [5, 9], kernel: [3, 3], stride: 2, rowStride: 3, zeros: 0.5 },
  { channels: [4, 5], size: [5, 9], kernel: [3, 3], stride: 1, rowStride: 2, zeros: 0.5 },
  // Groups, and one channel to a group.
  { channels: [6, 9], group: 3, size: [4, 12], kernel: [3, 3], zeros: 0.4, addend: true },
  { channels: [9, 9], group: 9, size: [5, 11], kernel: [3, 3], zeros: 0.4, outputPhases: 2 },
  { channels: [3, 6], group: 3, size: [5, 8], kernel: [5, 3], zeros: 0.4, zeroPoint: -128 },
  { channels: [20, 20], group: 20, size: [7, 7], kernel: [3, 3], magnitude: 127, shift: 4 },
  {
    ...{ channels: [8, 8], group: 8, size: [6, 17], kernel: [5, 5], stride: 2, magnitude: 127 },
    ...{ shift: 6, addend: true, bias: 70_000 },
  },
  // Sums beyond 16 bits, and more taps than one loop body takes.
  { channels: [300, 3], size: [2, 9], kernel: [3, 3], zeros: 0.3, shift: 5 },
  { channels: [400, 14], size: [1, 8], kernel: [3, 3], zeros: 0.5, shift: 3, addend: true },
  { channels: [40, 5], size: [2, 8], kernel: [1, 1], zeros: 0.3, shift: 7, bias: 100_000 },
  { channels: [500, 13], size: [2, 9], kernel: [3, 3], zeros: 0.97, outputPhases: 2 },
  { channels: [250, 2], size: [2, 8], kernel: [1, 1], zeros: 0.1, shift: 0, bias: 30_000 },
  { channels: [300, 2], size: [2, 9], kernel: [1, 1], shift: 6, extreme: true },
  { channels: [300, 2], size: [2, 9], kernel: [1, 1], shift: 0, extreme: true },
  { channels: [90, 13], size: [1, 8], kernel: [3, 3], shift: 7, extreme: true, outputPhases: 2 },
  // Weights of 8 bits over several channels.
  { channels: [3, 16], size: [5, 19], kernel: [3, 3], magnitude: 127, shift: 7 },
  { channels: [3, 7], size: [4, 16], kernel: [5, 5], stride: 2, magnitude: 100, shift: 9 },
  {
    ...{ channels: [4, 4], size: [3, 9], kernel: [3, 3], magnitude: 127, shift: 6 },
    ...{ addend: true, outputPhases: 1, bias: 100_000 },
  },
  { channels: [6, 14], group: 2, size: [2, 8], kernel: [1, 3], magnitude: 9, outputPhases: 2 },
  { channels: [17, 6], size: [2, 8], kernel: [3, 3], magnitude: 127, shift: 9, extreme: true },
  // A loop body with more taps that nobody reads than the search has room for.
  { channels: [1024, 3], size: [1, 9], kernel: [3, 3], zeros: 0.5, shift: 5, unread: 940 },
  ...[20, 50, 127].map(magnitude => ({
    ...({ channels: [4, 4], group: 4, size: [3, 10], kernel: [3, 3] } as const),
    ...{ magnitude, shift: 9, extreme: true },
  })),
];

/** Pixels of few bits: sixteen at a time, in sums of bytes that are flushed. */
const BYTES: readonly Case[] = (
  [
    { channels: [16, 16], size: [5, 32], kernel: [3, 3], zeros: 0.9, pixel: 15 },
    { channels: [64, 16], size: [3, 28], kernel: [3, 3], zeros: 0.5, pixel: 15, addend: true },
    { channels: [8, 13], size: [6, 16], kernel: [3, 3], stride: 2, pixel: 15, outputPhases: 2 },
    { channels: [40, 29], size: [3, 11], kernel: [1, 1], zeros: 0.6, zeroPoint: 5, pixel: 15 },
    { channels: [30, 9], size: [4, 13], kernel: [5, 3], dilations: [2, 3], zeros: 0.7, pixel: 9 },
    { channels: [30, 14], size: [4, 16], kernel: [3, 3], zeros: 0.2, pixel: 3, outputPhases: 2 },
    { channels: [300, 14], size: [3, 30], kernel: [3, 3], zeros: 0.3, pixel: 15, addend: true },
    { channels: [200, 12], size: [4, 16], kernel: [3, 3], stride: 2, zeros: 0.1, pixel: 1 },
    { channels: [90, 13], size: [2, 16], kernel: [3, 3], shift: 7, extreme: true, pixel: 15 },
    { channels: [24, 18], group: 3, size: [4, 32], kernel: [3, 3], zeros: 0.5, pixel: 15 },
    { channels: [20, 3], size: [4, 16], kernel: [3, 3], zeros: 0.97, pixel: 15, unread: 15 },
    { channels: [20, 3], size: [4, 16], kernel: [1, 1], zeros: 1, pixel: 15 },
    // Sums that wait from one function to the next, or not: of a channel without weights.
    { channels: [256, 28], size: [4, 28], kernel: [3, 3], zeros: 0.9, pixel: 15, dead: 3 },
  ] as readonly Case[]
).map(own => ({ shift: 2, ...own }));

/** Depthwise, with sums that outgrow 16 bits: the last tap in memory is one of a pair, or alone. */
const PAIRED: readonly Case[] = (
  [
    { kernel: [3, 3] },
    { kernel: [3, 3], stride: 2 },
    { kernel: [1, 1] },
    { kernel: [1, 2], dilations: [1, 7] },
    { kernel: [2, 2] },
  ] as const
).map(own => ({
  ...{ channels: [4, 4], group: 4, size: [3, 16], magnitude: 127, shift: 6, bias: 100_000 },
  ...own,
}));

describe("weights as code", () => {
  test.each(CASES)("%j", settings => {
    const { conv, x, z, expected } = problemOf(settings);
    expect(rejectsCode(conv)).toBeUndefined();
    expect(compute(conv, x, z)).toEqual(expected);
    expect(compute({ ...conv, isRelaxed: true }, x, z)).toEqual(expected);
  });

  test.each(BYTES)("in lanes of 8 bits: %j", settings => {
    const { conv, x, z, expected } = problemOf(settings);
    expect(fitsBytes(conv)).toBe(true);
    expect(compute(conv, x, z, IN_BYTES)).toEqual(expected);
    expect(compute({ ...conv, isRelaxed: true }, x, z, IN_BYTES)).toEqual(expected);
    expectNoOverreading(conv, IN_BYTES);
  });

  test("many taps of many pixels are added up in lanes of 8 bits, few in 16", () => {
    const layer = (kernel: Case["kernel"], zeros: number) =>
      problemOf({ channels: [64, 48], size: [16, 32], kernel, zeros, pixel: 15 }).conv;
    expect(prefersBytes(layer([3, 3], 0.9))).toBe(true);
    expect(generateConvolution(layer([3, 3], 0.9))).toEqual(generateBytes(layer([3, 3], 0.9)));
    expect(prefersBytes(layer([1, 1], 0.95))).toBe(false);
  });

  test("sixteen lanes that would be half empty, or pixels below 0, stay in lanes of 16 bits", () => {
    const { conv } = problemOf({ channels: [16, 16], size: [9, 16], kernel: [3, 3], pixel: 15 });
    expect(fitsBytes(conv)).toBe(true);
    expect(fitsBytes({ ...conv, output: { ...conv.output, columns: 8 } })).toBe(false);
    for (const range of [
      { min: -1, max: 14 },
      { min: 0, max: 16 },
    ]) {
      expect(fitsBytes({ ...conv, range })).toBe(false);
    }
  });

  test.each(PAIRED)("no byte is read behind the last tap: %j", settings => {
    const { conv, x, z, expected } = problemOf(settings);
    expect(compute(conv, x, z)).toEqual(expected);
    expectNoOverreading(conv, CHOSEN);
  });

  test("relaxed instructions are used where they may be", () => {
    const { conv } = problemOf(CASES[1]!);
    const codes = [false, true].map(isRelaxed => generateConvolution({ ...conv, isRelaxed })[0]!);
    expect(codes[0]!.body).not.toEqual(codes[1]!.body);
  });

  test("a wrong sign shows", () => {
    const { conv, x, z, expected } = problemOf(CASES[0]!);
    const weights = Int8Array.from(conv.weights);
    weights[weights.indexOf(1)] = -1;
    expect(compute({ ...conv, weights }, x, z)).not.toEqual(expected);
  });

  test("sums that might not fit are refused", () => {
    const { conv } = problemOf(CASES[0]!);
    const bias = conv.bias.with(0, 32767);
    const requantization = { ...conv.requantization, shift: -1 };
    expect(rejectsCode({ ...conv, bias, requantization })).toContain("may not fit");
    expect(rejectsCode({ ...conv, strides: [2, 2] })).toContain("stride");
    const large = problemOf({ channels: [18, 2], size: [2, 8], kernel: [3, 3], magnitude: 9 }).conv;
    expect(rejectsCode(large)).toContain("more than");
    const wide = { ...large.requantization, shift: -1 };
    const { conv: small } = problemOf({ ...CASES[0]!, magnitude: 127 });
    expect(rejectsCode({ ...small, requantization: wide })).toContain("may not fit");
  });
});

describe("shared sums", () => {
  test.each([0.33, 0.5, 0.7, 0.9])(
    "compute what they stand for, with fewer additions: %d",
    zeros => {
      const random = new Random(3, zeros * 100);
      const [plus, minus] = [masks(random), masks(random)];
      for (let tap = 0; tap < plus.length; tap++) {
        const kept = random.uniform() < 1 - zeros ? 0xfff : random.next() & random.next() & 0xfff;
        plus[tap]! &= kept;
        minus[tap]! &= kept & ~plus[tap]!;
      }
      const terms = termsOf(plus, minus, findSums(plus, minus));
      const values = plus.map(() => random.integer(-128, 127));
      for (let channel = 0; channel < 12; channel++) {
        const direct = values.reduce(
          (sum, v, t) => sum + v * signAt(plus[t]!, minus[t]!, channel),
          0,
        );
        const shared = terms.reduce(
          (sum, term, i) =>
            sum + termValue(terms, values, i) * signAt(term.plus, term.minus, channel),
          0,
        );
        expect(shared).toBe(direct);
      }
      expect(additions(terms)).toBeLessThan(bits(plus) + bits(minus));
    },
  );

  test("every sum has one place, and few registers", () => {
    const random = new Random(4);
    const plus = masks(random);
    const minus = masks(random).map((mask, tap) => mask & ~plus[tap]!);
    const terms = termsOf(plus, minus, findSums(plus, minus));
    const parts = terms.flatMap(term => (term.parts ? [term.parts.a, term.parts.b] : []));
    const sums = parts.filter(index => terms[index]!.parts !== undefined);
    expect(new Set(sums).size).toBe(sums.length);
    expect(Math.max(...terms.map(term => term.strahler))).toBeLessThanOrEqual(3);
  });
});

function masks(random: Random): number[] {
  return Array.from({ length: 300 }, () => random.next() & random.next() & 0xfff);
}

function signAt(plus: number, minus: number, channel: number): number {
  return ((plus >> channel) & 1) - ((minus >> channel) & 1);
}

function termValue(terms: readonly Term[], values: readonly number[], index: number): number {
  const { parts } = terms[index]!;
  if (parts === undefined) return values[index]!;
  const right = termValue(terms, values, parts.b);
  return termValue(terms, values, parts.a) + (parts.subtract ? -right : right);
}

function bits(list: readonly number[]): number {
  return list.reduce((sum, mask) => sum + mask.toString(2).replaceAll("0", "").length, 0);
}

function additions(terms: readonly Term[]): number {
  return (
    bits(terms.map(term => term.plus)) +
    bits(terms.map(term => term.minus)) +
    terms.filter(term => term.parts !== undefined).length
  );
}

/** [channel][row][column], as the reference has it. */
type Image = (channel: number, row: number, column: number) => number;

function problemOf(settings: Case) {
  const { channels, size, kernel, stride = 1, dilations = [1, 1], shift = 0 } = settings;
  const { group = 1, rowStride = stride, magnitude = 1 } = settings;
  const [inputs, outputs] = channels;
  const [rows, columns] = size;
  const random = new Random(1, JSON.stringify(settings));
  const pads = kernel.map((k, axis) => Math.floor(((k - 1) * dilations[axis]!) / 2));
  const reach = kernel.map((k, axis) => (k - 1) * dilations[axis]!);
  const taps = (inputs / group) * kernel[0] * kernel[1];
  const unread = (settings.unread ?? 0) * kernel[0] * kernel[1];
  const weights = Int8Array.from({ length: outputs * taps }, (_, i) =>
    i % taps < unread || Math.floor(i / taps) === settings.dead
      ? 0
      : settings.extreme
        ? magnitude
        : random.uniform() < (settings.zeros ?? 0)
          ? 0
          : (random.integer(0, 1) * 2 - 1) * random.integer(1, magnitude),
  );
  const input = planesFor(inputs, rows * rowStride + reach[0]!, columns * stride, pads[1]!, stride);
  const output = planesFor(outputs, rows, columns, 1, settings.outputPhases ?? 1);
  const most = settings.bias ?? 300;
  const bias = Int32Array.from({ length: outputs }, () => random.integer(-most, most));
  const zeroPoint = settings.zeroPoint ?? 0;
  const requantization = {
    shift,
    multipliers: Array.from({ length: outputs }, () => random.integer(0, 3000)),
    zeroPoint,
    min: settings.addend ? -128 : Math.max(-128, zeroPoint),
    max: 127,
  };
  const addition = {
    fractionBits: 5,
    multipliers: [random.integer(1000, 9000), random.integer(1000, 9000)] as const,
    zeroPoints: [zeroPoint, 3] as const,
    zeroPoint: -7,
    min: -100,
    max: 120,
  };
  const addendPlanes = planesFor(outputs, rows, columns, 2, 1);
  const addend = settings.addend ? { planes: addendPlanes, requantization: addition } : undefined;
  const conv: CodeConvolution = {
    weights,
    group,
    kernel,
    strides: [rowStride, stride],
    dilations,
    padLeft: pads[1]!,
    input,
    output,
    bias,
    range: settings.pixel === undefined ? { min: -128, max: 127 } : { min: 0, max: settings.pixel },
    requantization,
    ...(addend && { addend }),
  };
  const x = imageFrom(random, input, conv.range);
  if (settings.extreme) x.data.fill(conv.range.max);
  const z = imageFrom(random, addendPlanes);
  const expected = Array.from({ length: outputs * rows * columns }, (_, i) => {
    const [m, row, column] = [
      Math.floor(i / (rows * columns)),
      Math.floor(i / columns) % rows,
      i % columns,
    ];
    let acc = bias[m]!;
    for (let tap = 0; tap < taps; tap++) {
      const [c, ky, kx] = [
        Math.floor(tap / (kernel[0] * kernel[1])),
        Math.floor(tap / kernel[1]) % kernel[0],
        tap % kernel[1],
      ];
      const at = column * stride + kx * dilations[1] - pads[1]!;
      const source = Math.floor(m / (outputs / group)) * (inputs / group) + c;
      const value = x.get(source, row * rowStride + ky * dilations[0], at);
      acc += weights[m * taps + tap]! * value;
    }
    const q = requantize(acc, requantization, m);
    return addend ? addRequantized(q, z.get(m, row, column), addition) : q;
  });
  return { conv, x: x.data, z: z.data, expected };
}

function planesFor(
  channels: number,
  rows: number,
  columns: number,
  halo: number,
  phases: 1 | 2,
): Planes {
  const width = Math.ceil((columns + 2 * halo + 8) / 16) * 16;
  const rowBytes = 2 * width;
  const phaseBytes = phases === 2 ? width : 0;
  return {
    channels,
    rows,
    columns,
    planeBytes: rowBytes * rows,
    rowBytes,
    left: halo,
    phases,
    phaseBytes,
  };
}

/** Random values everywhere, the halo included. */
function imageFrom(
  random: Random,
  planes: Planes,
  { min, max } = { min: -128, max: 127 },
): { data: Int16Array; get: Image } {
  const length = (planes.channels * planes.planeBytes) / 2 + 64;
  const data = Int16Array.from({ length }, () => random.integer(min, max));
  return { data, get: (c, row, column) => data[elementAt(planes, c, row, column)]! };
}

function elementAt(planes: Planes, channel: number, row: number, column: number): number {
  const bytes = channel * planes.planeBytes + row * planes.rowBytes + columnOffset(planes, column);
  return bytes / 2;
}

/** What writes the code of a layer. */
interface Generator {
  readonly generate: typeof generateConvolution;
  readonly pack: typeof packCodeParameters;
  readonly scratchBytes: typeof scratchBytesOf;
}

const CHOSEN: Generator = {
  generate: generateConvolution,
  pack: packCodeParameters,
  scratchBytes: scratchBytesOf,
};
const IN_BYTES: Generator = {
  generate: generateBytes,
  pack: packBytes,
  scratchBytes: byteScratchBytes,
};

/** What scratch memory holds before, and the memory behind it for ever. */
const GARBAGE = 0xa5;

/** Memory may end behind the last byte that a window reads, and no sooner. */
function expectNoOverreading(conv: CodeConvolution, { generate, pack, scratchBytes }: Generator) {
  const { input, output, kernel, dilations, padLeft, strides } = conv;
  const lastTap = Math.max(...windowOffsets(input, kernel, dilations, padLeft));
  const lastRow = (output.rows - 1) * strides[0] * input.rowBytes;
  const lastChannel = (input.channels - 1) * input.planeBytes;
  const read = lastChannel + lastRow + lastTap + vectorsOf(output) * VECTOR_BYTES;
  const memory = new WebAssembly.Memory({ initial: 32 });
  const place = placer(memory);
  const [pAt, mAt] = [place(pack(conv)), place(packMask(conv))];
  const yAt = place(new Uint8Array(output.channels * output.planeBytes + 128));
  const zAt = place(new Uint8Array(conv.addend === undefined ? 0 : yAt));
  const sAt = place(new Uint8Array(scratchBytes(conv)));
  const run = (spare: number): void => {
    const xAt = memory.buffer.byteLength - read - spare;
    for (const each of instantiate(generate(conv), memory)) each(xAt, yAt, zAt, pAt, mAt, sAt);
  };
  run(0);
  expect(() => run(-1)).toThrow(WebAssembly.RuntimeError);
}

/** The output, dense, after running the code; lanes beyond rows hold the zero point. */
function compute(
  conv: CodeConvolution,
  x: Int16Array,
  z: Int16Array,
  { generate, pack, scratchBytes } = CHOSEN,
): number[] {
  const memory = new WebAssembly.Memory({ initial: 16 });
  const place = placer(memory);
  const [xAt, zAt] = [place(x), place(z)];
  const [pAt, mAt] = [place(pack(conv)), place(packMask(conv))];
  const { output } = conv;
  const yAt = place(new Int16Array((output.channels * output.planeBytes) / 2 + 64));
  const spare = 64;
  const sAt = place(new Uint8Array(scratchBytes(conv) + spare).fill(GARBAGE));
  const functions = generate(conv);
  for (const run of instantiate(functions, memory)) run(xAt, yAt, zAt, pAt, mAt, sAt);
  expect(functions.flatMap(({ channels }) => channels).toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: conv.output.channels }, (_, channel) => channel),
  );
  expect(new Uint8Array(memory.buffer, sAt + scratchBytes(conv), spare)).toEqual(
    new Uint8Array(spare).fill(GARBAGE),
  );
  const y = new Int16Array(memory.buffer, yAt);
  const { channels, rows, columns } = output;
  const zero = conv.addend?.requantization.zeroPoint ?? conv.requantization.zeroPoint;
  for (let column = columns; column < Math.ceil(columns / 8) * 8; column++) {
    expect(y[elementAt(output, 0, 0, column)]).toBe(zero);
  }
  return Array.from({ length: channels * rows * columns }, (_, i) => {
    const [m, row] = [Math.floor(i / (rows * columns)), Math.floor(i / columns) % rows];
    return y[elementAt(output, m, row, i % columns)]!;
  });
}

function placer(memory: WebAssembly.Memory): (data: ArrayBufferView) => number {
  let next = 64;
  return data => {
    const at = next;
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    new Uint8Array(memory.buffer, at).set(bytes);
    next = Math.ceil((at + bytes.length) / 16) * 16;
    return at;
  };
}
