/** @file The reference packing of trits. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { packTrits, sparsityOf, unpackTrits } from "../core/ternary.ts";

test("packs four trits to a byte, the first in the lowest bits", () => {
  expect([...packTrits([-1, 0, 1, 1])]).toEqual([0b10_10_01_00]);
});

test("pads with zeros", () => {
  expect([...packTrits([1])]).toEqual([0b01_01_01_10]);
  expect([...packTrits([])]).toEqual([]);
});

test("unpacks what it has packed, and no code is 3", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -1, max: 1 }), { maxLength: 67 }), trits => {
      const packed = packTrits(trits);
      expect([...unpackTrits(packed, trits.length)]).toEqual(trits);
      expect(packed.every(byte => (byte & (byte >> 1) & 0b01_01_01_01) === 0)).toBe(true);
    }),
  );
});

test("sparsity is the share of zeros", () => {
  expect(sparsityOf([0, 1, 0, -1])).toBe(0.5);
  expect(sparsityOf([0n, 1n])).toBe(0.5);
  expect(sparsityOf([])).toBe(0);
});
