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
 * Most pairs serve few channels, and fewer when the best ones are taken: these
 * are looked for later, among what is left then.
 *
 * Pairs wait in buckets by how many channels they served when last looked at.
 * Counts only fall, so a pair taken from the highest bucket that still has its
 * count is the best one: the search is nearly linear in the number of pairs.
 *
 * Which earlier terms make a pair with a new one is asked of sets: for each
 * channel the terms that it adds and those that it subtracts, a bit each, so
 * that 32 terms are counted at once.
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
/** Channels that pairs serve at least, one search after the other. */
const LEAST_CHANNELS = [4, 3, 2];
/** Words of the set of all terms. */
const SET_WORDS = MAX_TERMS / 32;
/** Where the sets of terms that are subtracted begin, behind those that are added. */
const SUBTRACTED = MAX_CHANNELS * SET_WORDS;

/** The sums that are shared, in order; few bytes to remember what was long searched for. */
export type SharedSums = readonly number[] | Uint32Array;

/** Requires masks of at most 16 bits, and at most MAX_TERMS / 2 taps. No sum has more than `mostTaps`. */
export function findSums(
  plus: readonly number[],
  minus: readonly number[],
  mostTaps = MAX_TERMS,
): SharedSums {
  return new Sharing(plus, minus, mostTaps).find();
}

/** The terms of a block whose sums are found: first the taps. */
export function termsOf(
  plus: readonly number[],
  minus: readonly number[],
  sums: SharedSums,
): readonly Term[] {
  return new Sharing(plus, minus).replay(sums);
}

/** Terms in columns: the search looks at very many pairs. */
class Sharing {
  readonly #plus = new Uint16Array(MAX_TERMS);
  readonly #minus = new Uint16Array(MAX_TERMS);
  readonly #strahler = new Uint8Array(MAX_TERMS).fill(1);
  /** Taps that a term is made of. */
  readonly #taps = new Uint16Array(MAX_TERMS).fill(1);
  readonly #mostTaps: number;
  readonly #parts: (SumParts | undefined)[] = [];
  /** Sums that are part of another: they have one place only; taps are loaded as often as needed. */
  readonly #placed = new Uint8Array(MAX_TERMS);
  /** Channels that a pair serves at least to be looked at. */
  #least = MAX_CHANNELS;
  /** Per channel, the terms that it adds; then, per channel, those that it subtracts. */
  readonly #sets = new Int32Array(2 * SUBTRACTED);
  #count: number;
  readonly #sums: number[] = [];
  readonly #buckets: number[][] = Array.from({ length: MAX_CHANNELS + 1 }, () => []);

  constructor(plus: readonly number[], minus: readonly number[], mostTaps = MAX_TERMS) {
    this.#mostTaps = mostTaps;
    this.#count = plus.length;
    this.#plus.set(plus);
    this.#minus.set(minus);
  }

  find(): Uint32Array {
    for (const least of LEAST_CHANNELS) {
      this.#least = least;
      this.#sets.fill(0);
      for (let b = 0; b < this.#count; b++) if (!this.#placed[b]) this.#offer(b);
      this.#takeAll();
    }
    return Uint32Array.from(this.#sums);
  }

  replay(sums: SharedSums): readonly Term[] {
    for (const pair of sums) this.#make(pair);
    return Array.from({ length: this.#count }, (_, index) => this.#term(index));
  }

  #takeAll(): void {
    let count = MAX_CHANNELS;
    while (count >= this.#least) {
      const pair = this.#buckets[count]!.pop();
      if (pair === undefined) count--;
      else if (this.#take(pair, count)) count = MAX_CHANNELS;
    }
  }

  #term(index: number): Term {
    const parts = this.#parts[index];
    return {
      plus: this.#plus[index]!,
      minus: this.#minus[index]!,
      strahler: this.#strahler[index]!,
      ...(parts && { parts }),
    };
  }

  /** Makes the pair a term if it still serves `count` channels; says whether it did. */
  #take(pair: number, count: number): boolean {
    const { a, b, plus, minus } = this.#common(pair);
    if (this.#placed[a] || this.#placed[b]) return false;
    const now = ONES[plus | minus]!;
    if (now < count) {
      if (now >= this.#least) this.#buckets[now]!.push(pair);
      return false;
    }
    if (this.#count === MAX_TERMS) return false;
    this.#offer(this.#make(pair));
    return true;
  }

  /** Makes the pair a term, and returns its index. */
  #make(pair: number): number {
    this.#sums.push(pair);
    const { a, b, subtract, plus, minus } = this.#common(pair);
    this.#remove(a, plus, minus);
    if (subtract) this.#remove(b, minus, plus);
    else this.#remove(b, plus, minus);
    const index = this.#count++;
    this.#plus[index] = plus;
    this.#minus[index] = minus;
    this.#strahler[index] = this.#registersOf(a, b);
    this.#taps[index] = this.#taps[a]! + this.#taps[b]!;
    this.#parts[index] = { a, b, subtract };
    return index;
  }

  /** The terms of a pair, and the channels that want it, added and subtracted. */
  #common(pair: number) {
    const subtract = (pair & 1) === 1;
    const b = (pair >>> 1) & INDEX_MASK;
    const a = pair >>> (INDEX_BITS + 1);
    const [bPlus, bMinus] = subtract
      ? [this.#minus[b]!, this.#plus[b]!]
      : [this.#plus[b]!, this.#minus[b]!];
    return { a, b, subtract, plus: this.#plus[a]! & bPlus, minus: this.#minus[a]! & bMinus };
  }

  /** Takes channels from a term that is part of another now. */
  #remove(index: number, plus: number, minus: number): void {
    this.#leaveSets(index, plus, minus);
    this.#plus[index]! &= ~plus;
    this.#minus[index]! &= ~minus;
    if (this.#parts[index] === undefined) return;
    this.#placed[index] = 1;
    this.#leaveSets(index, this.#plus[index]!, this.#minus[index]!);
  }

  /** Puts the pairs of term `b` with those that were offered before it into their buckets. */
  #offer(b: number): void {
    const [plus, minus] = [this.#plus[b]!, this.#minus[b]!];
    if (ONES[plus | minus]! < this.#least) return;
    const [alike, opposite] = [setsOf(plus, minus), setsOf(minus, plus)];
    for (let word = 0; word <= b >> 5; word++) {
      let found = this.#inEnough(alike, word) | this.#inEnough(opposite, word);
      for (; found !== 0; found &= found - 1) {
        this.#offerPair(word * 32 + 31 - Math.clz32(found & -found), b);
      }
    }
    this.#enterSets(b, alike);
  }

  /** Those terms of a word that are in `#least` of the sets or more. */
  #inEnough(sets: readonly number[], word: number): number {
    let [one, two, three, four] = [0, 0, 0, 0];
    for (let i = 0; i < sets.length; i++) {
      const terms = this.#sets[sets[i]! + word]!;
      four |= three & terms;
      three |= two & terms;
      two |= one & terms;
      one |= terms;
    }
    return this.#least === 2 ? two : this.#least === 3 ? three : four;
  }

  #offerPair(a: number, b: number): void {
    if (this.#registersOf(a, b) > MAX_STRAHLER) return;
    if (this.#taps[a]! + this.#taps[b]! > this.#mostTaps) return;
    const [plus, minus, aPlus, aMinus] = [
      this.#plus[b]!,
      this.#minus[b]!,
      this.#plus[a]!,
      this.#minus[a]!,
    ];
    const sum = ONES[(aPlus & plus) | (aMinus & minus)]!;
    const difference = ONES[(aPlus & minus) | (aMinus & plus)]!;
    const pair = (a << (INDEX_BITS + 1)) | (b << 1);
    if (sum >= this.#least) this.#buckets[sum]!.push(pair);
    if (difference >= this.#least) this.#buckets[difference]!.push(pair | 1);
  }

  #enterSets(index: number, sets: readonly number[]): void {
    for (const set of sets) this.#sets[set + (index >> 5)]! |= 1 << (index & 31);
  }

  #leaveSets(index: number, plus: number, minus: number): void {
    for (const set of setsOf(plus, minus)) {
      this.#sets[set + (index >> 5)]! &= ~(1 << (index & 31));
    }
  }

  #registersOf(a: number, b: number): number {
    const [x, y] = [this.#strahler[a]!, this.#strahler[b]!];
    return x === y ? x + 1 : Math.max(x, y);
  }
}

/** Where the sets begin of channels that add, and of channels that subtract. */
function setsOf(plus: number, minus: number): number[] {
  const sets: number[] = [];
  for (let channel = 0; (plus | minus) >> channel !== 0; channel++) {
    if ((plus >> channel) & 1) sets.push(channel * SET_WORDS);
    if ((minus >> channel) & 1) sets.push(SUBTRACTED + channel * SET_WORDS);
  }
  return sets;
}

/** The number of ones of each mask. */
const ONES = onesOf(MAX_CHANNELS);

function onesOf(bits: number): Uint8Array {
  const ones = new Uint8Array(2 ** bits);
  for (let mask = 1; mask < ones.length; mask++) ones[mask] = ones[mask >> 1]! + (mask & 1);
  return ones;
}
