/**
 * @file The end of a block: accumulators become 8-bit results and are stored.
 *
 * The same arithmetic as core/requantize.ts, in eight 16-bit lanes; constants
 * come from the block of parameters that `packCodeParameters` writes.
 */

import type { AddRequantization, Requantization } from "../../core/requantize.ts";
import { MASK, Y, Z } from "./code-function.ts";
import type { CodeWriter } from "./code-writer.ts";
import { type Constant, type HeldConstants, pushConstant } from "./finish-constants.ts";
import { EVEN_THEN_ODD } from "./lanes.ts";
import { columnOffset, type Planes } from "./planes.ts";
import * as op from "./vector-ops.ts";

/** Before the multiplication of an addition: core/requantize.ts. */
const ADD_SHIFT = 7;

export interface Finish {
  readonly requantization: Requantization;
  readonly output: Planes;
  /**
   * Whether the engine has relaxed vector instructions. The product that they
   * leave open, −2^15 · −2^15, does not occur: multipliers are not negative.
   */
  readonly isRelaxed?: boolean;
  /** A second operand, added to the requantised result. */
  readonly addend?: { readonly planes: Planes; readonly requantization: AddRequantization };
}

/** Where the channel that is finished has what is its own. */
export interface FinishChannel {
  readonly pushMultiplier: () => void;
  /** Bytes from y, z and m to the channel's pixels. */
  readonly y: number;
  readonly z: number;
  readonly mask: number;
  /** A vector local that nothing sets: zeros. */
  readonly zeros: number;
  /** Whether the pixels may reach beyond the image. */
  readonly isEdge: boolean;
  /** Read from memory each time unless some are held. */
  readonly constants?: HeldConstants;
}

/** Turns the sums of 16 bits in local `accumulator`, which have the shift's rounding in them, into results and stores them. */
export function writeFinish(
  code: CodeWriter,
  accumulator: number,
  finish: Finish,
  channel: FinishChannel,
): void {
  new FinishWriter(code, finish, channel).shift(accumulator);
  writeShiftedFinish(code, accumulator, finish, channel);
}

/**
 * The same of sums that are the halves a + b of 17 bits: their average is exact
 * but for a bit that the shift drops. Clobbers b.
 *
 * **Requires** a shift to the right, whose rounding is in the sum; the average fits 16 bits.
 */
export function writeHalvedFinish(
  code: CodeWriter,
  [a, b]: readonly [number, number],
  finish: Finish,
  channel: FinishChannel,
): void {
  new FinishWriter(code, finish, channel).shiftAverage(a, b);
  writeShiftedFinish(code, a, finish, channel);
}

/** The same of sums that are shifted. */
export function writeShiftedFinish(
  code: CodeWriter,
  accumulator: number,
  finish: Finish,
  channel: FinishChannel,
): void {
  const writer = new FinishWriter(code, finish, channel);
  writer.multiply(accumulator);
  if (finish.addend === undefined) writer.clamp(accumulator);
  else writer.add(accumulator, finish.addend);
  if (channel.isEdge) writer.mask(accumulator);
  writeStore(code, accumulator, finish.output, channel.y);
}

/** Stores results, `offset` bytes from y, into their phases. */
export function writeStore(code: CodeWriter, result: number, output: Planes, offset: number): void {
  if (output.phases === 1) {
    code
      .get(Y)
      .get(result)
      .store(offset + columnOffset(output, 0));
    return;
  }
  for (const lanes of EVEN_THEN_ODD) code.get(result).get(result).shuffle(lanes).set(result);
  for (const half of [0, 1] as const) {
    code.get(Y).get(result);
    code.storeHalf(offset + columnOffset(output, half), half);
  }
}

class FinishWriter {
  readonly #code: CodeWriter;
  readonly #finish: Finish;
  readonly #channel: FinishChannel;

  constructor(code: CodeWriter, finish: Finish, channel: FinishChannel) {
    this.#code = code;
    this.#finish = finish;
    this.#channel = channel;
  }

  /** Shifts a sum of 16 bits, which has the rounding in it. */
  shift(accumulator: number): void {
    const { shift } = this.#finish.requantization;
    if (shift === 0) return;
    const code = this.#code.get(accumulator).constant(Math.abs(shift));
    code.vector(shift > 0 ? op.shiftRight : op.shiftLeft).set(accumulator);
  }

  /** (a + b) >> 1 is (a & b) + ((a ^ b) >> 1), which does not overflow; then the rest of the shift. */
  shiftAverage(a: number, b: number): void {
    const code = this.#code.get(a).get(b).vector(op.and).get(a).get(b).vector(op.xor);
    code.constant(1).vector(op.shiftRight).vector(op.add);
    const rest = this.#finish.requantization.shift - 1;
    if (rest > 0) code.constant(rest).vector(op.shiftRight);
    code.set(a);
  }

  /** t·m of a sum that is shifted. */
  multiply(accumulator: number): void {
    const code = this.#code.get(accumulator);
    this.#channel.pushMultiplier();
    code.vector(this.#multiplication).set(accumulator);
  }

  /** The rest of `requantize`. */
  clamp(accumulator: number): void {
    this.#code.get(accumulator);
    this.#offsetAndClamp(this.#finish.requantization, "zeroPoint", "min", "max");
    this.#code.set(accumulator);
  }

  /** The rest of `requantize`, less the zero point, and `addRequantized` with the second operand. */
  add(accumulator: number, { planes, requantization: add }: NonNullable<Finish["addend"]>): void {
    const code = this.#code.get(accumulator);
    const { zeroPoint, min } = this.#finish.requantization;
    const [sumZero, addendZero] = add.zeroPoints;
    const own = { zeroPoint: zeroPoint - sumZero, min: min - sumZero };
    this.#offsetAndClamp(own, "sumOffset", "sumMin", "sumMax");
    this.#scale("sumMultiplier");
    code.get(Z).load(this.#channel.z + columnOffset(planes, 0));
    if (addendZero !== 0) {
      this.#constant("addendZero");
      code.vector(op.sub);
    }
    this.#scale("addendMultiplier");
    code.vector(op.addSaturating);
    this.#roundOff(add.fractionBits);
    this.#offsetAndClamp(add, "addZeroPoint", "addMin", "addMax");
    code.set(accumulator);
  }

  /** Lanes beyond the image get what the halo holds: the zero point of the result. */
  mask(accumulator: number): void {
    const { requantization, addend } = this.#finish;
    const { zeroPoint } = addend?.requantization ?? requantization;
    const code = this.#code.get(accumulator);
    if (zeroPoint !== 0) this.#constant(addend === undefined ? "zeroPoint" : "addZeroPoint");
    code.get(MASK).load(this.#channel.mask);
    code.vector(zeroPoint === 0 ? op.and : op.bitselect).set(accumulator);
  }

  get #multiplication(): number {
    return this.#finish.isRelaxed === true ? op.relaxedMultiplyQ15 : op.multiplyQ15;
  }

  /**
   * Drops the fractional bits of a sum. A product does not saturate where
   * adding the half first would: that is far beyond what the clamp leaves.
   */
  #roundOff(fractionBits: number): void {
    if (this.#finish.isRelaxed === true) {
      this.#constant("addFactor");
      this.#code.vector(this.#multiplication);
      return;
    }
    this.#constant("addRounding");
    this.#code.vector(op.addSaturating).constant(fractionBits).vector(op.shiftRight);
  }

  #scale(multiplier: Constant): void {
    this.#code.constant(ADD_SHIFT).vector(op.shiftLeft);
    this.#constant(multiplier);
    this.#code.vector(this.#multiplication);
  }

  #offsetAndClamp(
    own: { readonly zeroPoint: number; readonly min: number },
    offset: Constant,
    min: Constant,
    max: Constant,
  ): void {
    if (own.zeroPoint !== 0) {
      this.#constant(offset);
      this.#code.vector(op.addSaturating);
    }
    if (own.min === 0) this.#code.get(this.#channel.zeros);
    else this.#constant(min);
    this.#code.vector(op.max);
    this.#constant(max);
    this.#code.vector(op.min);
  }

  #constant(name: Constant): void {
    const { constants } = this.#channel;
    if (constants === undefined) pushConstant(this.#code, name);
    else constants.push(name);
  }
}
