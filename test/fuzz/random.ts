/** @file Seeded randomness for tests: the same seed gives the same choices everywhere. */

import type { Shape } from "../../core/shape.ts";
import { elementCount } from "../../core/shape.ts";
import { type Tensor, tensorOf } from "../../core/tensor.ts";

export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** In [0, 1): mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** In min…max, both included. */
  integer(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1));
  }

  real(min: number, max: number): number {
    return Math.fround(min + this.next() * (max - min));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.integer(0, items.length - 1)]!;
  }

  f32(shape: Shape, min = -2, max = 2): Tensor<"f32"> {
    const values = Array.from({ length: elementCount(shape) }, () => this.real(min, max));
    return tensorOf("f32", shape, values);
  }

  integers<D extends "i8" | "u8" | "i2" | "i32" | "i64">(
    dtype: D,
    shape: Shape,
    min: number,
    max: number,
  ): Tensor<D> {
    const values = Array.from({ length: elementCount(shape) }, () => this.integer(min, max));
    return tensorOf(dtype, shape, values);
  }
}
