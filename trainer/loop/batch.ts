/** @file Batches of training samples, as tensors. */

import { elementCount } from "../../core/shape.ts";
import type { Tensor } from "../../core/tensor.ts";
import { type Augmentation, augmentInto } from "./augment.ts";
import type { Samples } from "./samples.ts";

/** Samples `indices`, without augmentation; the last one repeats to fill `batch`. */
export function plainBatch(samples: Samples, indices: readonly number[], batch: number): Tensor {
  const length = elementCount(samples.shape);
  const data = emptyLike(samples, batch * length);
  for (let i = 0; i < batch; i++) {
    const index = indices[Math.min(i, indices.length - 1)]!;
    data.set(samples.data.subarray(index * length, (index + 1) * length), i * length);
  }
  return { dtype: samples.dtype, shape: [batch, ...samples.shape], data } as Tensor;
}

/** A batch of training samples, each changed by a stream of its own. */
export function augmentedBatch(
  samples: Samples,
  indices: ArrayLike<number>,
  augmentation: Augmentation,
  stream: readonly (number | string)[],
): { readonly images: Tensor; readonly labels: Tensor<"f32"> } {
  const length = elementCount(samples.shape);
  const data = emptyLike(samples, indices.length * length);
  const labels = new Float32Array(indices.length);
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i]!;
    const target = data.subarray(i * length, (i + 1) * length);
    const source = samples.data.subarray(index * length, (index + 1) * length);
    augmentInto(target, source, samples, augmentation, [...stream, index]);
    labels[i] = samples.labels[index]!;
  }
  const shape = [indices.length, ...samples.shape];
  return {
    images: { dtype: samples.dtype, shape, data } as Tensor,
    labels: { dtype: "f32", shape: [indices.length, 1], data: labels },
  };
}

function emptyLike({ data }: Samples, length: number): Uint8Array | Int8Array {
  return data instanceof Uint8Array ? new Uint8Array(length) : new Int8Array(length);
}
