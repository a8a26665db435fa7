/** @file Seeded randomness for tests: choices, and tensors of random values. */

import { Random as Stream } from "../../core/random.ts";
import { elementCount, type Shape } from "../../core/shape.ts";
import { type Tensor, tensorOf } from "../../core/tensor.ts";

export class Random extends Stream {
  /** A number in min…max, rounded to f32. */
  real(min: number, max: number): number {
    return Math.fround(min + this.uniform() * (max - min));
  }

  chance(probability: number): boolean {
    return this.uniform() < probability;
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
