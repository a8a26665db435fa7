/**
 * @file Finds sums that several output channels share.
 *
 * A block of up to 16 channels wants, for each, a signed sum of taps. Greedy:
 * the pair of terms a ± b that most channels need, with the same relation of
 * signs, becomes a term of its own, until no pair serves two channels.
 *
 * **Forest:** a sum becomes part of at most one other, so that sums form trees
 * that are computed depth first and dropped; single taps may be loaded again.
 * The Strahler number of a tree, the registers that it takes, is capped.
 *
 * Pairs wait in buckets by how many channels they served when last looked at.
 * Counts only fall, so a pair taken from the highest bucket that still has its
 * count is the best one: the search is nearly linear in the number of pairs.
 */

/** A tap, or a sum of two terms, and the channels that still want it. */
export interface Term {
  /** Channels that add it, and that subtract it, as bit masks. */
  readonly plus: number;
  readonly minus: number;
  /** The two terms of a sum; a tap has none. */
  readonly parts?: SumParts;
  /** Registers needed to compute it, 1 for a tap. */
  readonly strahler: number;
}

export interface SumParts {
  readonly a: number;
  readonly b: number;
  /** a − b, else a + b. */
  readonly subtract: boolean;
}

/** Registers that sums may take besides the accumulators. */
const MAX_STRAHLER = 3;
/** Bits of a term's index in a bucket entry. */
const INDEX_BITS = 13;
const INDEX_MASK = 2 ** INDEX_BITS - 1;
/** So many taps and sums have an index. */
export const MAX_TERMS = 2 ** INDEX_BITS;
const MAX_CHANNELS = 16;

interface Draft {
  plus: number;
  minus: number;
  parts?: SumParts;
  strahler: number;
  /** Whether it is part of a sum already. */
  used: boolean;
}

/** Requires masks of at most 16 bits, and at most MAX_TERMS / 2 taps. */
export function shareSums(plus: readonly number[], minus: readonly number[]): readonly Term[] {
  return new Sharing(plus, minus).run();
}

class Sharing {
  readonly #terms: Draft[];
  readonly #buckets: number[][] = Array.from({ length: MAX_CHANNELS + 1 }, () => []);

  constructor(plus: readonly number[], minus: readonly number[]) {
    this.#terms = plus.map((mask, tap) => ({
      plus: mask,
      minus: minus[tap]!,
      strahler: 1,
      used: false,
    }));
  }

  run(): readonly Term[] {
    for (let b = 1; b < this.#terms.length; b++) this.#offerAll(b);
    let count = MAX_CHANNELS;
    while (count >= 2) {
      const pair = this.#buckets[count]!.pop();
      if (pair === undefined) count--;
      else if (this.#take(pair, count)) count = MAX_CHANNELS;
    }
    return this.#terms;
  }

  /** Makes the pair a term if it still serves `count` channels; says whether it did. */
  #take(pair: number, count: number): boolean {
    const subtract = (pair & 1) === 1;
    const b = (pair >>> 1) & INDEX_MASK;
    const a = pair >>> (INDEX_BITS + 1);
    if (!this.#isFree(a) || !this.#isFree(b)) return false;
    const left = this.#terms[a]!;
    const right = this.#terms[b]!;
    const now = channelsOf(left, right, subtract);
    if (now < count) {
      if (now >= 2) this.#buckets[now]!.push(pair);
      return false;
    }
    if (this.#terms.length === MAX_TERMS) return false;
    const plus = left.plus & (subtract ? right.minus : right.plus);
    const minus = left.minus & (subtract ? right.plus : right.minus);
    remove(left, plus, minus);
    remove(right, subtract ? minus : plus, subtract ? plus : minus);
    const strahler = combined(left, right);
    this.#terms.push({ plus, minus, parts: { a, b, subtract }, strahler, used: false });
    this.#offerAll(this.#terms.length - 1);
    return true;
  }

  /** Puts the pairs of term `b` with earlier ones into their buckets. */
  #offerAll(b: number): void {
    const right = this.#terms[b]!;
    for (let a = 0; a < b; a++) {
      const left = this.#terms[a]!;
      if (!this.#isFree(a) || combined(left, right) > MAX_STRAHLER) continue;
      const pair = (a << (INDEX_BITS + 1)) | (b << 1);
      const sum = channelsOf(left, right, false);
      if (sum >= 2) this.#buckets[sum]!.push(pair);
      const difference = channelsOf(left, right, true);
      if (difference >= 2) this.#buckets[difference]!.push(pair | 1);
    }
  }

  /** A sum has one place only; taps are loaded as often as needed. */
  #isFree(index: number): boolean {
    const term = this.#terms[index]!;
    return term.parts === undefined || !term.used;
  }
}

function remove(term: Draft, plus: number, minus: number): void {
  term.plus &= ~plus;
  term.minus &= ~minus;
  term.used = true;
}

/** How many channels want a + b, or a − b, with either sign. */
function channelsOf(a: Draft, b: Draft, subtract: boolean): number {
  return subtract
    ? bitCount((a.plus & b.minus) | (a.minus & b.plus))
    : bitCount((a.plus & b.plus) | (a.minus & b.minus));
}

function combined(a: Draft, b: Draft): number {
  return a.strahler === b.strahler ? a.strahler + 1 : Math.max(a.strahler, b.strahler);
}

/** Ones among the low 16 bits. */
function bitCount(mask: number): number {
  let m = mask - ((mask >>> 1) & 0x5555);
  m = (m & 0x3333) + ((m >>> 2) & 0x3333);
  m = (m + (m >>> 4)) & 0x0f0f;
  return (m + (m >>> 8)) & 0x1f;
}
