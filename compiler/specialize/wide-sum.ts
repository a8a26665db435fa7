/**
 * @file Sums that may not fit 16 bits: parts that do, added up in 32.
 *
 * A part is a sum in eight 16-bit lanes that is proven to fit; the total is a
 * pair of vectors of four 32-bit lanes. It starts as the bias and what the
 * shift adds, so that no bias is too large for a part.
 */

import { type Requantization, roundingOf } from "../../core/requantize.ts";
import type { CodeWriter } from "./code-writer.ts";
import { VECTOR_BYTES } from "./pixel-loop.ts";
import { fitsShiftedLane } from "./sum-bounds.ts";
import * as op from "./vector-ops.ts";

const HALVES = [op.extendLow, op.extendHigh];
/** Vectors of a total. */
export const TOTAL_VECTORS = HALVES.length;

/** Whether sums up to ±`bound`, bias included, can be totals; a left shift is one of 16 bits. */
export function fitsTotal(bound: number, requantization: Requantization): boolean {
  if (requantization.shift < 0) return fitsShiftedLane(bound, requantization);
  return bound + roundingOf(requantization) < 2 ** 31;
}

/** Adds the part in local `part` to the total that `pushTotal` pushes, and sets it by `set`. */
export function writePart(
  code: CodeWriter,
  part: number,
  pushTotal: (half: number) => void,
  set: (half: number, pushSum: () => void) => void,
): void {
  HALVES.forEach((extend, half) => {
    set(half, () => {
      pushTotal(half);
      code.get(part).vector(extend).vector(op.addWide);
    });
  });
}

/** The same as the last part: sets local `result` to the total, shifted and saturated to 16 bits. */
export function writeShiftedTotal(
  code: CodeWriter,
  part: number,
  pushTotal: (half: number) => void,
  requantization: Requantization,
  result: number,
): void {
  const push = (half: number): void => {
    pushTotal(half);
    code.get(part).vector(HALVES[half]!).vector(op.addWide);
  };
  writeShifted(code, push, requantization, result);
}

/** Sets local `result` to a total, shifted and saturated to 16 bits. */
export function writeShifted(
  code: CodeWriter,
  pushTotal: (half: number) => void,
  { shift }: Requantization,
  result: number,
): void {
  for (let half = 0; half < TOTAL_VECTORS; half++) {
    pushTotal(half);
    if (shift > 0) code.constant(shift).vector(op.shiftRightWide);
  }
  code.vector(op.narrow);
  if (shift < 0) code.constant(-shift).vector(op.shiftLeft);
  code.set(result);
}

/** Offset of vector `half` of total `index` from the start of a line of totals. */
export function totalOffset(index: number, half: number): number {
  return (TOTAL_VECTORS * index + half) * VECTOR_BYTES;
}
