/**
 * @file Sums in lanes of 8 bits, of pixels 0 … max: sixteen at a time.
 *
 * A byte holds a sum of few terms only. Before a sum could outgrow it, it is
 * **flushed**: what makes it 0 … 255 is added, and it goes to its total in
 * memory, two vectors of 16-bit lanes. A pair of neighbouring bytes is one
 * lane, low + 256·high. The first vector adds up such lanes, the second the
 * high bytes alone; in the end low = first − 256·second, modulo 2^16.
 *
 * Each channel is flushed when its own terms ask for it, between trees of
 * shared sums, when registers are free. What flushes have added is known from
 * its weights, and taken out of its bias.
 */

import { PARAMETERS, SCRATCH } from "./code-function.ts";
import type { CodeWriter } from "./code-writer.ts";
import { VECTOR_BYTES } from "./pixel-loop.ts";
import type { Term } from "./share-sums.ts";
import type { Accumulators } from "./sum-block.ts";
import * as op from "./vector-ops.ts";
import { TOTAL_VECTORS, totalOffset } from "./wide-sum.ts";

const BYTE_MAX = 255;
const BYTE_BITS = 8;
/** Vector operations from a sum in bytes to its total, or from there to 16-bit lanes. */
export const FLUSH_OPERATIONS = 6;
/** Additions that a flush takes as long as, fitted to whole layers (`bench/layers.ts`): its instructions are long, and large layers wait for code. */
export const FLUSH_ADDITIONS = 14;

/** Terms of ±1 times a pixel up to `max` that a byte certainly holds the sum of. */
export function byteTerms(max: number): number {
  return Math.floor(BYTE_MAX / max);
}

/** What flushes add, by the number of terms that are taken away, from 0 on: words of two equal bytes. */
export function packedOffsets(max: number): number[] {
  return Array.from({ length: byteTerms(max) + 1 }, (_, i) => i * max * (2 ** BYTE_BITS + 1));
}

/** The bias, less what the flushes of a channel add: `max` for each weight −1. */
export function biasBelowOffsets(bias: number, weights: Iterable<number>, max: number): number {
  let least = bias;
  for (const weight of weights) if (weight < 0) least -= max;
  return least;
}

export interface BytePlaces {
  /** First of the locals of the sums. */
  readonly first: number;
  /** A vector local that nothing sets: zeros. */
  readonly zeros: number;
  /** Of `packedOffsets`, from p. */
  readonly offsets: number;
  /** Of each sum, whether its total holds something already. */
  readonly hasTotal: readonly boolean[];
}

/** A sum since it was flushed: terms in it, and how many of them are taken away. */
interface Held {
  terms: number;
  minus: number;
}

export class ByteAccumulators implements Accumulators {
  readonly add = op.addBytes;
  readonly sub = op.subBytes;
  readonly #code: CodeWriter;
  readonly #places: BytePlaces;
  readonly #most: number;
  readonly #terms: readonly Term[];
  /** Of each term, its taps. */
  readonly #taps: readonly Held[];
  readonly #held: Held[];
  readonly #hasTotal: boolean[];
  /** Vectors written to totals or read from them. */
  spills = 0;

  constructor(code: CodeWriter, terms: readonly Term[], max: number, places: BytePlaces) {
    this.#code = code;
    this.#places = places;
    this.#most = byteTerms(max);
    this.#terms = terms;
    this.#taps = countTaps(terms);
    this.#held = places.hasTotal.map(() => ({ terms: 0, minus: 0 }));
    this.#hasTotal = [...places.hasTotal];
  }

  /** Flushes the sums that have no room for all that a tree delivers. */
  prepare(pending: readonly number[]): void {
    for (let j = 0; j < this.#held.length; j++) {
      const coming = pending
        .filter(index => (((this.#terms[index]!.plus | this.#terms[index]!.minus) >> j) & 1) === 1)
        .reduce((sum, index) => sum + this.#taps[index]!.terms, 0);
      if (this.#held[j]!.terms + coming > this.#most) this.flush(j);
    }
  }

  deliver(j: number, subtract: boolean, value: number, index: number): void {
    const { terms, minus } = this.#taps[index]!;
    const held = this.#held[j]!;
    const sum = this.#places.first + j;
    if (held.terms > 0) this.#code.get(sum);
    else if (subtract) this.#code.get(PARAMETERS).load(this.#places.offsets);
    this.#code.get(value);
    if (held.terms > 0 || subtract) this.#code.vector(subtract ? this.sub : this.add);
    this.#code.set(sum);
    held.terms += terms;
    held.minus += subtract ? terms - minus : minus;
  }

  /** Moves sum `j` to its total. */
  flush(j: number): void {
    if (this.#held[j]!.terms === 0) return;
    const code = this.#code;
    this.#makePositive(j);
    const sum = this.#places.first + j;
    code.get(SCRATCH).get(sum);
    this.#addTotal(j, 0);
    code.store(totalOffset(j, 0));
    code.get(SCRATCH).get(sum).constant(BYTE_BITS).vector(op.shiftRightUnsigned);
    this.#addTotal(j, 1);
    code.store(totalOffset(j, 1));
    this.spills += TOTAL_VECTORS;
    this.#hasTotal[j] = true;
    this.#held[j] = { terms: 0, minus: 0 };
  }

  /** Leaves the sums of even pixels in the local of sum `j`, and those of odd ones in `odd`. */
  finish(j: number, odd: number, pushStart: () => void): void {
    const code = this.#code;
    const even = this.#places.first + j;
    if (this.#held[j]!.terms === 0) code.get(this.#places.zeros).set(even);
    else this.#makePositive(j);
    code.get(even).constant(BYTE_BITS).vector(op.shiftRightUnsigned);
    this.#addTotal(j, 1);
    code.set(odd).get(even);
    this.#addTotal(j, 0);
    code.get(odd).constant(BYTE_BITS).vector(op.shiftLeft).vector(op.sub);
    pushStart();
    code.vector(op.add).set(even).get(odd);
    pushStart();
    code.vector(op.add).set(odd);
  }

  /** Adds to sum `j` what makes it 0 … 255. */
  #makePositive(j: number): void {
    const { minus } = this.#held[j]!;
    if (minus === 0) return;
    const sum = this.#places.first + j;
    const offset = this.#places.offsets + minus * VECTOR_BYTES;
    this.#code.get(sum).get(PARAMETERS).load(offset).vector(this.add).set(sum);
  }

  /** Adds vector `half` of total `j`, if there is one, to what is pushed. */
  #addTotal(j: number, half: number): void {
    if (!this.#hasTotal[j]) return;
    this.#code.get(SCRATCH).load(totalOffset(j, half)).vector(op.add);
    this.spills++;
  }
}

/** Of each term, its taps, and how many of them it takes away. */
function countTaps(terms: readonly Term[]): Held[] {
  const counts: Held[] = [];
  for (const { parts } of terms) {
    if (parts === undefined) {
      counts.push({ terms: 1, minus: 0 });
      continue;
    }
    const [a, b] = [counts[parts.a]!, counts[parts.b]!];
    const minus = a.minus + (parts.subtract ? b.terms - b.minus : b.minus);
    counts.push({ terms: a.terms + b.terms, minus });
  }
  return counts;
}
