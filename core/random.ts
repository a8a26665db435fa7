/**
 * @file Seeded random numbers: xoshiro128** (Blackman & Vigna), seeded by splitmix32.
 *
 * A stream is named by a seed and a path of words and numbers, and depends on
 * nothing else: not on the clock, not on how far another stream was read. So a
 * run that is resumed draws the same numbers as one that never stopped.
 */

export class Random {
  readonly #state: Uint32Array;

  /** The stream that `seed` and `path` name. */
  constructor(seed: number, ...path: readonly (number | string)[]) {
    this.#state = stateOf(seed, path);
  }

  /** An integer in 0…2^32 − 1. */
  next(): number {
    const s = this.#state;
    const result = Math.imul(rotateLeft(Math.imul(s[1]!, 5), 7), 9) >>> 0;
    const shifted = s[1]! << 9;
    s[2]! ^= s[0]!;
    s[3]! ^= s[1]!;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= shifted;
    s[3] = rotateLeft(s[3]!, 11);
    return result;
  }

  /** A number in [0, 1), a multiple of 2^−32. */
  uniform(): number {
    return this.next() / 2 ** 32;
  }

  /** An integer in min…max, both included; biased by less than 2^−32 per unit of range. */
  integer(min: number, max: number): number {
    return min + Math.floor(this.uniform() * (max - min + 1));
  }

  /** 0…count − 1 in random order (Fisher–Yates). */
  permutation(count: number): Uint32Array {
    const order = Uint32Array.from({ length: count }, (_, i) => i);
    for (let i = count - 1; i > 0; i--) {
      const j = this.integer(0, i);
      const kept = order[i]!;
      order[i] = order[j]!;
      order[j] = kept;
    }
    return order;
  }
}

/** Four words, not all zero. */
function stateOf(seed: number, path: readonly (number | string)[]): Uint32Array {
  let hash = mix(seed >>> 0) ^ mix(Math.floor(seed / 2 ** 32) >>> 0);
  for (const part of path) hash = mix((hash ^ wordOf(part)) >>> 0);
  const state = new Uint32Array(4);
  for (let i = 0; i < 4; i++) {
    hash = (hash + 0x9e3779b9) >>> 0;
    state[i] = mix(hash);
  }
  if (state.every(word => word === 0)) state[0] = 1;
  return state;
}

/** A number as it is, a word by FNV-1a; the two never meet. */
function wordOf(part: number | string): number {
  if (typeof part === "number") return mix(part >>> 0);
  let hash = 0x811c9dc5;
  for (let i = 0; i < part.length; i++) hash = Math.imul(hash ^ part.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** The finaliser of splitmix32: a bijection on 32-bit integers. */
function mix(x: number): number {
  let z = (x + 0x9e3779b9) | 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return (z ^ (z >>> 15)) >>> 0;
}

function rotateLeft(x: number, by: number): number {
  return ((x << by) | (x >>> (32 - by))) >>> 0;
}
