/**
 * @file The constants of the arithmetic that ends a block, each in all lanes of
 * a vector: at the start of the parameters, and in registers that are free.
 */

import type { AddRequantization, Requantization } from "../../core/requantize.ts";
import { PARAMETERS } from "./code-function.ts";
import type { CodeWriter } from "./code-writer.ts";
import { VECTOR_BYTES } from "./pixel-loop.ts";
import { LANES } from "./planes.ts";

/** Vectors at the start of the parameters, one constant each in all lanes. */
const CONSTANTS = [
  "zeroPoint",
  "min",
  "max",
  "sumOffset",
  "sumMin",
  "sumMax",
  "sumMultiplier",
  "addendZero",
  "addendMultiplier",
  "addRounding",
  "addFactor",
  "addZeroPoint",
  "addMin",
  "addMax",
] as const;
export type Constant = (typeof CONSTANTS)[number];

/** What a constant and the result that it is for leave of the 16 registers of x86. */
const REGISTERS = 14;
/** A product loses so many bits, rounded: one with 2^(15 − f) is a rounding shift by f. */
const FACTOR_BITS = 15;

/** What the constants are of. */
interface Arithmetic {
  readonly requantization: Requantization;
  readonly addend?: { readonly requantization: AddRequantization };
}

/** The constants, each in all lanes: what parameters start with. */
export function packConstants(arithmetic: Arithmetic): Uint8Array {
  const values = constantsOf(arithmetic);
  return packSplats(CONSTANTS.map(name => values[name]));
}

/** Bytes of the constants. */
export const CONSTANTS_BYTES = CONSTANTS.length * VECTOR_BYTES;

/** Each word in the eight lanes of a vector, modulo 2^16. */
export function packSplats(words: readonly number[]): Uint8Array {
  const packed = new Uint8Array(words.length * VECTOR_BYTES);
  const view = new DataView(packed.buffer);
  words.forEach((word, i) => {
    for (let lane = 0; lane < LANES; lane++) {
      view.setInt16(i * VECTOR_BYTES + 2 * lane, word, true);
    }
  });
  return packed;
}

function constantsOf({ requantization: r, addend }: Arithmetic) {
  const add = addend?.requantization;
  const sumZero = add?.zeroPoints[0] ?? 0;
  const values: Record<Constant, number> = {
    zeroPoint: r.zeroPoint,
    min: r.min,
    max: r.max,
    sumOffset: r.zeroPoint - sumZero,
    sumMin: r.min - sumZero,
    sumMax: r.max - sumZero,
    sumMultiplier: add?.multipliers[0] ?? 0,
    addendZero: add?.zeroPoints[1] ?? 0,
    addendMultiplier: add?.multipliers[1] ?? 0,
    addRounding: add === undefined ? 0 : 2 ** (add.fractionBits - 1),
    addFactor: add === undefined ? 0 : 2 ** (FACTOR_BITS - add.fractionBits),
    addZeroPoint: add?.zeroPoint ?? 0,
    addMin: add?.min ?? 0,
    addMax: add?.max ?? 0,
  };
  return values;
}

/** Constants that wait in registers which sums have left, from the end of one channel to that of the next. */
export class HeldConstants {
  readonly #code: CodeWriter;
  readonly #first: number;
  readonly #held: Constant[] = [];
  #room = 0;

  /** From vector local `first` on. */
  constructor(code: CodeWriter, first: number) {
    this.#code = code;
    this.#first = first;
  }

  /** Locals that they take. */
  get count(): number {
    return this.#held.length;
  }

  /** Says how many other vectors wait in registers from now on. */
  besides(waiting: number): this {
    this.#room = REGISTERS - waiting;
    return this;
  }

  push(name: Constant): void {
    const index = this.#held.indexOf(name);
    if (index >= 0) {
      this.#code.get(this.#first + index);
      return;
    }
    pushConstant(this.#code, name);
    if (this.#held.length < this.#room) this.#code.tee(this.#first + this.#held.push(name) - 1);
  }
}

export function pushConstant(code: CodeWriter, name: Constant): void {
  code.get(PARAMETERS).load(CONSTANTS.indexOf(name) * VECTOR_BYTES);
}
