/** @file Copying elements as they are. */

import { allocate } from "../../core/dtype.ts";
import type { Shape } from "../../core/shape.ts";
import type { Tensor } from "../../core/tensor.ts";

/** The elements of `x` at `offsets`. */
export function take(x: Tensor, shape: Shape, offsets: Int32Array): Tensor {
  const data = allocate(x.dtype, offsets.length);
  // One type on both sides: elements move as they are, numbers or bigints.
  const [from, to] = [x.data, data] as [Float32Array, Float32Array];
  for (let i = 0; i < offsets.length; i++) to[i] = from[offsets[i]!]!;
  return { dtype: x.dtype, shape, data };
}
