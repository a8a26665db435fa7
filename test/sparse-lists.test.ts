/** @file Lists of weights, parameters and slots are read back as they were written, or refused. */

import { describe, expect, test } from "vitest";
import { type LayerSlot, readSlots, writeSlots } from "../compiler/specialize/layer-slots.ts";
import {
  type ListConvolution,
  packListParameters,
  unpackListParameters,
} from "../compiler/specialize/list-parameters.ts";
import { packLists, unpackLists } from "../compiler/specialize/sparse-lists.ts";
import { Random } from "./fuzz/random.ts";

const random = new Random(17);

function randomTrits(count: number, zeros: number): Int8Array {
  return Int8Array.from({ length: count }, () =>
    random.chance(zeros) ? 0 : random.chance(0.5) ? 1 : -1,
  );
}

describe("lists of weights", () => {
  test.each([0, 0.33, 0.5, 0.7, 0.9, 0.99, 1])("with a share of zeros of %f", zeros => {
    for (const [channels, depth] of [
      [1, 1],
      [3, 27],
      [5, 576],
      [2, 4608],
    ] as const) {
      const trits = randomTrits(channels * depth, zeros);
      const { bytes, gapBits } = packLists(trits, channels);
      const padded = Uint8Array.of(9, 9, 9, ...bytes, 9);
      expect(unpackLists(padded, 3, gapBits, channels, depth)).toEqual(trits);
    }
  });

  test("take fewer bits than packed codes where most weights are zero", () => {
    const bits = (zeros: number): number =>
      (packLists(randomTrits(16 * 576, zeros), 16).bytes.length * 8) / (16 * 576);
    expect(bits(0.5)).toBeLessThan(2.2);
    expect(bits(0.7)).toBeLessThan(1.5);
    expect(bits(0.9)).toBeLessThan(0.9);
  });

  test("are refused where they end early, or name weights beyond the last", () => {
    const trits = randomTrits(3 * 100, 0.5);
    const { bytes, gapBits } = packLists(trits, 3);
    expect(unpackLists(bytes.subarray(0, 40), 0, gapBits, 3, 100)).toBeUndefined();
    expect(unpackLists(bytes, 0, gapBits, 3, 60)).toBeUndefined();
    expect(unpackLists(bytes, 0, gapBits, 4, 100)).toBeUndefined();
  });
});

const planes = { channels: 6, rows: 9, columns: 11, planeBytes: 640, rowBytes: 64, left: 2 };
const addend = {
  planes: { ...planes, phases: 1 as const, phaseBytes: 0 },
  requantization: {
    fractionBits: 5,
    multipliers: [7, 8] as const,
    zeroPoints: [-3, 4] as const,
    zeroPoint: 2,
    min: -128,
    max: 127,
  },
};
const layer: ListConvolution = {
  kernel: [3, 5],
  strides: [1, 2],
  dilations: [2, 1],
  padLeft: 1,
  group: 2,
  input: { ...planes, channels: 4, rows: 13, columns: 21, phases: 2, phaseBytes: 32 },
  output: { ...planes, phases: 1, phaseBytes: 0 },
  bias: Int32Array.of(1, -2, 3, -40_000, 5, 6),
  requantization: {
    shift: -2,
    multipliers: [1, 2, 3, 4, 5, 32767],
    zeroPoint: 9,
    min: -7,
    max: 99,
  },
  range: { min: -128, max: 127 },
  gapBits: 4,
  fits16: true,
};

describe("parameters of lists", () => {
  test.each([
    ["without an addend", layer],
    ["with one", { ...layer, addend }],
  ])("%s", (_, conv) => {
    const padded = Uint8Array.of(1, 2, 3, ...packListParameters(conv));
    expect(unpackListParameters(padded, 3)).toEqual(conv);
  });

  test("are refused where they are cut off, or no such block", () => {
    const packed = packListParameters(layer);
    expect(unpackListParameters(packed.subarray(0, packed.length - 1), 0)).toBeUndefined();
    expect(unpackListParameters(packed.subarray(0, 20), 0)).toBeUndefined();
    expect(unpackListParameters(packed, 1)).toBeUndefined();
    expect(unpackListParameters(new Uint8Array(1000).fill(255), 0)).toBeUndefined();
    const huge = packListParameters({ ...layer, kernel: [60_000, 60_000] });
    expect(unpackListParameters(huge, 0)).toBeUndefined();
  });
});

describe("slots", () => {
  const slot: LayerSlot = {
    ...{ x: 1, y: 2 ** 20, z: 0, parameters: 300, lists: 127 },
    ...{ scratch: 128, scratchBytes: 400, room: 2 ** 31 - 1, roomBytes: 16 },
  };

  test.each([0, 1, 3])("%i of them", count => {
    const slots = Array.from({ length: count }, (_, i) => ({ ...slot, x: i }));
    expect(readSlots(writeSlots(slots))).toEqual(slots);
  });

  test("are refused in another version, and damaged", () => {
    const bytes = writeSlots([slot]);
    expect(readSlots(Uint8Array.of(1, ...bytes.slice(1)))).toEqual({
      expected: "version 2",
      got: "version 1",
    });
    expect(readSlots(bytes.subarray(0, 5))).toMatchObject({ got: "half a number" });
    for (const damaged of [bytes.subarray(0, 6), bytes.with(3, bytes[3]! ^ 1)]) {
      expect(readSlots(damaged)).toMatchObject({
        expected: expect.stringMatching(/^the checksum/),
      });
    }
    expect(readSlots(new Uint8Array(0))).toMatchObject({ got: "0 numbers" });
  });
});
