/**
 * @file The straight line of code that adds up one block of output channels:
 * shared sums, tree by tree, each into the accumulators that want it.
 *
 * Trees run in the order of their lowest address, so that loads move through
 * memory once.
 */

import type { CodeWriter } from "./code-writer.ts";
import type { SumParts, Term } from "./share-sums.ts";
import * as op from "./vector-ops.ts";

export interface SumBlock {
  /** Byte offset of each tap from the window's start. */
  readonly offsets: readonly number[];
  /** First the taps; channel j of a term's masks is sum j. */
  readonly terms: readonly Term[];
}

/** The locals that the code uses. */
export interface SumLocals {
  readonly address: number;
  /** First of the temporaries: as many as the deepest tree has registers. */
  readonly temporaries: number;
}

/** Where sums add up, in lanes of some width. */
export interface Accumulators {
  readonly add: number;
  readonly sub: number;
  /** Comes before a tree of terms; `pending` are those of it that will be delivered. No temporary is in use. */
  prepare?(pending: readonly number[]): void;
  /** Adds the value of term `index`, which is in local `value`, to sum `j`, or takes it away. */
  deliver(j: number, subtract: boolean, value: number, index: number): void;
}

/** Accumulators of 16 bits: accumulator j is local `first + j`, which holds its starting value, or nothing yet. */
export class WordAccumulators implements Accumulators {
  readonly add = op.add;
  readonly sub = op.sub;
  readonly #code: CodeWriter;
  readonly #first: number;
  readonly #empty: Set<number>;

  constructor(code: CodeWriter, first: number, empty: Iterable<number>) {
    this.#code = code;
    this.#first = first;
    this.#empty = new Set(empty);
  }

  deliver(j: number, subtract: boolean, value: number): void {
    const code = this.#code;
    const sum = this.#first + j;
    const isEmpty = this.#empty.delete(j);
    if (isEmpty && !subtract) code.get(value);
    else {
      if (isEmpty) code.zero();
      else code.get(sum);
      code.get(value).vector(subtract ? op.sub : op.add);
    }
    code.set(sum);
  }

  /** Accumulators that nothing was delivered to become 0. */
  fill(): void {
    for (const j of this.#empty) this.#code.zero().set(this.#first + j);
    this.#empty.clear();
  }
}

export interface SumCost {
  readonly loads: number;
  /** Additions and subtractions. */
  readonly adds: number;
  readonly temporaries: number;
}

/** Writes the code. */
export function writeSums(
  code: CodeWriter,
  block: SumBlock,
  locals: SumLocals,
  accumulators: Accumulators,
): SumCost {
  const writer = new SumWriter(code, block, locals, accumulators);
  return writer.run();
}

class SumWriter {
  readonly #code: CodeWriter;
  readonly #block: SumBlock;
  readonly #locals: SumLocals;
  readonly #accumulators: Accumulators;
  readonly #terms: readonly Term[];
  /** Taps whose own channels have had them. */
  readonly #delivered = new Set<number>();
  #loads = 0;
  #adds = 0;
  #temporaries = 0;

  constructor(code: CodeWriter, block: SumBlock, locals: SumLocals, accumulators: Accumulators) {
    this.#code = code;
    this.#block = block;
    this.#locals = locals;
    this.#accumulators = accumulators;
    this.#terms = block.terms;
  }

  run(): SumCost {
    const roots = this.#roots().map(term => ({ term, address: this.#lowestOffset(term) }));
    roots.sort((a, b) => a.address - b.address);
    for (const { term } of roots) {
      this.#accumulators.prepare?.(this.#pendingOf(term));
      this.#compute(term, 0);
    }
    return { loads: this.#loads, adds: this.#adds, temporaries: this.#temporaries };
  }

  /** Terms that no sum contains, but for taps that nobody wants. */
  #roots(): number[] {
    const contained = new Set(
      this.#terms.flatMap(({ parts }) => (parts ? [parts.a, parts.b] : [])),
    );
    return [...this.#terms.keys()].filter(index => {
      const { parts, plus, minus } = this.#terms[index]!;
      return !contained.has(index) && (parts !== undefined || (plus | minus) !== 0);
    });
  }

  /** The terms of a tree that are delivered when it is computed. */
  #pendingOf(index: number): number[] {
    const { parts } = this.#terms[index]!;
    if (parts !== undefined)
      return [...this.#pendingOf(parts.a), ...this.#pendingOf(parts.b), index];
    return this.#delivered.has(index) ? [] : [index];
  }

  #lowestOffset(index: number): number {
    const { parts } = this.#terms[index]!;
    if (parts === undefined) return this.#block.offsets[index]!;
    return Math.min(this.#lowestOffset(parts.a), this.#lowestOffset(parts.b));
  }

  /** Leaves the term's value in temporary `depth`, and adds it where it is wanted. */
  #compute(index: number, depth: number): void {
    this.#temporaries = Math.max(this.#temporaries, depth + 1);
    const { parts } = this.#terms[index]!;
    if (parts === undefined) this.#pushTap(index);
    else this.#pushSum(parts, depth);
    this.#code.set(this.#locals.temporaries + depth);
    if (parts === undefined && this.#delivered.has(index)) return;
    this.#delivered.add(index);
    this.#deliver(index, depth);
  }

  /** The part that takes more registers first, so that the other finds them free again. */
  #pushSum({ a, b, subtract }: SumParts, depth: number): void {
    const first = this.#terms[a]!.strahler >= this.#terms[b]!.strahler ? a : b;
    const second = first === a ? b : a;
    this.#compute(first, depth);
    const direct = this.#isBareTap(second);
    if (!direct) this.#compute(second, depth + 1);
    const pushFirst = (): unknown => this.#code.get(this.#locals.temporaries + depth);
    const pushSecond = (): unknown =>
      direct ? this.#pushTap(second) : this.#code.get(this.#locals.temporaries + depth + 1);
    for (const push of first === a ? [pushFirst, pushSecond] : [pushSecond, pushFirst]) push();
    this.#code.vector(this.#accumulators[subtract ? "sub" : "add"]);
    this.#adds++;
  }

  /** A tap that no accumulator waits for can be an operand in memory. */
  #isBareTap(index: number): boolean {
    const { parts, plus, minus } = this.#terms[index]!;
    return parts === undefined && ((plus | minus) === 0 || this.#delivered.has(index));
  }

  #pushTap(index: number): void {
    this.#code.get(this.#locals.address).load(this.#block.offsets[index]!);
    this.#loads++;
  }

  #deliver(index: number, depth: number): void {
    const { plus, minus } = this.#terms[index]!;
    for (let j = 0; (plus | minus) >> j !== 0; j++) {
      if ((((plus | minus) >> j) & 1) === 0) continue;
      const subtract = ((minus >> j) & 1) === 1;
      this.#accumulators.deliver(j, subtract, this.#locals.temporaries + depth, index);
      this.#adds++;
    }
  }
}
