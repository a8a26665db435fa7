/** @file Generated code against the definition of what it computes, bit for bit. */

import { describe, expect, test } from "vitest";
import { byteLayoutOf } from "../compiler/specialize/byte-list-layout.ts";
import {
  fitsByteLists,
  generateByteLists,
  prefersByteLists,
} from "../compiler/specialize/byte-lists.ts";
import { generateConvolution, rejectsCode } from "../compiler/specialize/convolution.ts";
import { denseOperations, generateDense, rejectsDense } from "../compiler/specialize/dense.ts";
import { fitsBytes, generateBytes, prefersBytes } from "../compiler/specialize/dense-bytes.ts";
import { generateProducts } from "../compiler/specialize/products.ts";
import {
  BY_DIGITS,
  BY_LISTS,
  CHOSEN,
  compute,
  expectNoOverreading,
  IN_BYTES,
} from "./specialize/compute.ts";
import { type Case, problemOf } from "./specialize/layer-problem.ts";

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
  { channels: [3, 5], size: [3, 9], kernel: [3, 3], magnitude: 100, pixel: 4, shift: -1 },
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

/** Weights of few bits: their digits are rows of sums. */
const DIGITS: readonly Case[] = [
  { channels: [3, 16], size: [32, 32], kernel: [3, 3], magnitude: 7, shift: 4 },
  { channels: [3, 7], size: [4, 16], kernel: [5, 5], stride: 2, magnitude: 3, outputPhases: 2 },
  { channels: [6, 14], group: 2, size: [2, 8], kernel: [1, 3], magnitude: 15, zeros: 0.5 },
  { channels: [40, 9], size: [3, 13], kernel: [3, 3], magnitude: 7, shift: 5, addend: true },
  { channels: [2, 5], size: [3, 9], kernel: [2, 2], magnitude: 21, shift: 2, zeroPoint: -128 },
  { channels: [4, 5], size: [2, 8], kernel: [1, 1], magnitude: 2, dead: 2 },
  { channels: [300, 7], size: [2, 9], kernel: [3, 3], magnitude: 7, shift: 7 },
  { channels: [300, 3], size: [2, 9], kernel: [1, 1], magnitude: 7, shift: 9, extreme: true },
  { channels: [200, 2], size: [2, 9], kernel: [3, 3], magnitude: 6, zeros: 0.97, bias: 9000 },
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

/** Pixels 0 … 127 and few weights, which are lists. */
const LISTS: readonly Case[] = (
  [
    { channels: [8, 13], size: [7, 7], kernel: [3, 3], zeros: 0.5 },
    { channels: [40, 5], size: [14, 14], kernel: [3, 3], addend: true },
    { channels: [400, 6], size: [7, 7], kernel: [3, 3], outputPhases: 2 },
    { channels: [60, 6], size: [5, 19], kernel: [3, 3], zeros: 0.5, addend: true },
    { channels: [50, 7], size: [28, 28], kernel: [3, 3], outputPhases: 2 },
    { channels: [30, 6], size: [7, 7], kernel: [3, 3], stride: 2, addend: true },
    { channels: [90, 6], size: [7, 7], kernel: [1, 1], stride: 2, zeros: 0.5, zeroPoint: -128 },
    { channels: [30, 6], size: [5, 14], kernel: [3, 3], stride: 2, rowStride: 1, pixel: 100 },
    { channels: [9, 6], size: [5, 14], kernel: [5, 3], rowStride: 3, dilations: [2, 2], pixel: 15 },
    { channels: [300, 7], size: [7, 7], kernel: [1, 1], pixel: 3, dead: 4 },
    { channels: [20, 3], size: [4, 16], kernel: [3, 3], zeros: 1 },
    { channels: [300, 7], size: [7, 7], kernel: [3, 3], shift: 3, bias: 100_000 },
    { channels: [40, 5], size: [14, 14], kernel: [3, 3], shift: 0, bias: 0 },
    { channels: [40, 5], size: [7, 7], kernel: [3, 3], shift: -2, pixel: 15, addend: true },
  ] as readonly Case[]
).map(own => ({ zeros: 0.9, shift: 2, pixel: 127, ...own }));

/** Sums that outgrow 16 bits: lists of pairs of channels. */
const SHARED_LISTS: readonly Case[] = (
  [
    { channels: [400, 6], size: [7, 7], kernel: [3, 3], addend: true },
    { channels: [400, 4], size: [7, 7], kernel: [3, 3], zeros: 0.1, outputPhases: 2 },
    { channels: [700, 6], size: [7, 7], kernel: [3, 3], zeros: 0.7, bias: 200_000 },
    { channels: [700, 4], size: [7, 14], kernel: [1, 1], zeros: 0.1, zeroPoint: -128 },
    { channels: [300, 4], size: [7, 7], kernel: [3, 3], stride: 2, shift: 5, addend: true },
    { channels: [300, 4], size: [3, 19], kernel: [3, 3], pixel: 63, zeros: 0, shift: 6 },
    { channels: [500, 4], size: [4, 7], kernel: [3, 3], pixel: 100, zeros: 0.3, dead: 1 },
    { channels: [60, 2], size: [2, 9], kernel: [3, 3], shift: 9, extreme: true },
    { channels: [300, 2], size: [2, 9], kernel: [3, 3], shift: 9, extreme: true, pixel: 20 },
    { channels: [300, 2], size: [2, 9], kernel: [3, 3], shift: 0, extreme: true, addend: true },
  ] as readonly Case[]
).map(own => ({ zeros: 0.5, shift: 7, pixel: 127, ...own }));

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

  test.each(DIGITS)("by digits: %j", settings => {
    const { conv, x, z, expected } = problemOf(settings);
    expect(rejectsDense(conv)).toBeUndefined();
    expect(compute(conv, x, z, BY_DIGITS)).toEqual(expected);
    expect(compute({ ...conv, isRelaxed: true }, x, z, BY_DIGITS)).toEqual(expected);
    expect(compute(conv, x, z)).toEqual(expected);
  });

  test("weights of few bits become digits, those of many are multiplied with", () => {
    const layer = (magnitude: number) =>
      problemOf({ channels: [3, 16], size: [8, 8], kernel: [3, 3], magnitude }).conv;
    expect(generateConvolution(layer(7))).toEqual(generateDense(layer(7)));
    expect(generateConvolution(layer(127))).toEqual(generateProducts(layer(127)));
  });

  test.each(BYTES)("in lanes of 8 bits: %j", settings => {
    const { conv, x, z, expected } = problemOf(settings);
    expect(fitsBytes(conv)).toBe(true);
    expect(compute(conv, x, z, IN_BYTES)).toEqual(expected);
    expect(compute({ ...conv, isRelaxed: true }, x, z, IN_BYTES)).toEqual(expected);
    expectNoOverreading(conv, IN_BYTES);
  });

  test.each(LISTS)("from lists: %j", settings => {
    const { conv, x, z, expected } = problemOf(settings);
    expect(fitsByteLists(conv)).toBe(true);
    expect(compute(conv, x, z, BY_LISTS)).toEqual(expected);
    expect(compute({ ...conv, isRelaxed: true }, x, z, BY_LISTS)).toEqual(expected);
  });

  test.each(SHARED_LISTS)("from lists of pairs of channels: %j", settings => {
    const { conv, x, z, expected } = problemOf(settings);
    expect(byteLayoutOf(conv)!.together).toBe(2);
    expect(compute(conv, x, z, BY_LISTS)).toEqual(expected);
    expect(compute({ ...conv, isRelaxed: true }, x, z, BY_LISTS)).toEqual(expected);
  });

  test("channels that have no partner have no lists of sums beyond 16 bits", () => {
    const layer = (channels: Case["channels"]) =>
      problemOf({ ...SHARED_LISTS[0]!, channels, addend: false }).conv;
    expect(fitsByteLists(layer([400, 6]))).toBe(true);
    expect(fitsByteLists(layer([400, 5]))).toBe(false);
    expect(byteLayoutOf(layer([30, 5]))!.together).toBe(1);
  });

  test("code that would outgrow caches for few pixels becomes lists", () => {
    const layer = (side: number) =>
      problemOf({
        ...{ channels: [64, 128], size: [side, side], kernel: [3, 3], zeros: 0.9 },
        ...{ pixel: 127, shift: 1 },
      }).conv;
    const { conv } = problemOf({
      ...{ channels: [512, 96], size: [7, 7], kernel: [3, 3], zeros: 0.9, pixel: 127, shift: 3 },
    });
    const large = { ...conv, input: { ...conv.input, planeBytes: 16, rowBytes: 512 * 16 + 64 } };
    const sizesOf = (functions: ReturnType<typeof generateByteLists>) =>
      functions.map(({ body }) => body.length);
    expect(sizesOf(generateConvolution(large))).toEqual(sizesOf(generateByteLists(large)));
    const few = denseOperations(layer(7));
    expect(prefersByteLists(layer(7), few)).toBe(false);
    expect(prefersByteLists(layer(7), 20 * few)).toBe(true);
    expect(prefersByteLists({ ...layer(7), threads: 2 }, 20 * few)).toBe(false);
    expect(prefersByteLists({ ...layer(7), group: 2 }, 20 * few)).toBe(false);
  });

  test("integers of few bits become code of digits, but not where a filter has many of them", () => {
    const layer = (inputs: number) =>
      problemOf({
        ...{ channels: [inputs, 8], size: [4, 16], kernel: [3, 3], magnitude: 42 },
        ...{ shift: 8, pixel: 127 },
      });
    expect(rejectsCode(layer(128).conv)).toMatch(/more than 160 integer weights/);
    const { conv, x, z, expected } = layer(17);
    expect(rejectsCode(conv)).toBeUndefined();
    expect(compute(conv, x, z)).toEqual(expected);
    expect(compute(conv, x, z, BY_DIGITS)).toEqual(expected);
    // Many parts, that wait in 32 bits, are dearer than products.
    expect(generateConvolution(conv)).toEqual(generateProducts(conv));
  });

  test("pixels below 0, and means, are not read from lists", () => {
    const { conv } = problemOf(LISTS[0]!);
    expect(fitsByteLists({ ...conv, range: { min: -1, max: 100 } })).toBe(false);
    expect(fitsByteLists({ ...conv, range: { min: 0, max: 128 } })).toBe(false);
    expect(fitsByteLists({ ...conv, group: 2 })).toBe(false);
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
    const large = problemOf({
      ...{ channels: [18, 2], size: [2, 8], kernel: [3, 3], magnitude: 127 },
    }).conv;
    expect(rejectsCode(large)).toContain("more than");
    const wide = { ...large.requantization, shift: -1 };
    const { conv: small } = problemOf({ ...CASES[0]!, magnitude: 127 });
    expect(rejectsCode({ ...small, requantization: wide })).toContain("may not fit");
  });
});
