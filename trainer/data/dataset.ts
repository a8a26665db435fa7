/**
 * @file A data set in memory: equally shaped samples, usually with one class each.
 *
 * Loaders differ by file format only; everything behind them sees this one
 * interface. The order of samples is fixed by the files: nothing here is
 * random.
 */

import type { Quantization } from "../../core/requantize.ts";
import { elementCount } from "../../core/shape.ts";

export type Split = "train" | "test";
/** Order of the axes of a stored sample: `nhwc` is H×W×C, `nchw` is C×H×W. */
export type Layout = "nhwc" | "nchw";
export type SampleDType = "u8" | "i8" | "f32";
export type SampleData = Uint8Array | Int8Array | Float32Array;
/** Height, width, channels of one sample, whatever its stored layout; a vector is 1×1×C. */
export type SampleShape = readonly [height: number, width: number, channels: number];

export interface Dataset {
  /** For messages: the kind, and the path if there is one. */
  readonly name: string;
  readonly split: Split;
  readonly count: number;
  readonly shape: SampleShape;
  /** Order in which `sample` holds its elements. */
  readonly layout: Layout;
  readonly dtype: SampleDType;
  /** All samples, one after the other. */
  readonly data: SampleData;
  /** Class index of each sample; absent if the data has no labels. */
  readonly labels?: Int32Array;
  /** Name of each class; empty without labels. */
  readonly classNames: readonly string[];
  /** How stored integers stand for real values; absent if they stand for themselves. */
  readonly quantization?: Quantization;
  /** Elements of sample `index`: a view, not a copy. */
  sample(index: number): SampleData;
}

/** What a loader knows; `dataset` adds the rest. */
export type DatasetParts = Omit<Dataset, "count" | "sample">;

/** Makes a data set of its parts. Requires as many labels as samples. */
export function dataset(parts: DatasetParts): Dataset {
  const sampleLength = elementCount(parts.shape);
  return {
    ...parts,
    count: sampleLength === 0 ? 0 : parts.data.length / sampleLength,
    sample: index => parts.data.subarray(index * sampleLength, (index + 1) * sampleLength),
  };
}

/** The samples at `indices`, in that order. */
export function pickSamples(from: Dataset, indices: ArrayLike<number>): Dataset {
  const sampleLength = elementCount(from.shape);
  const data = allocateLike(from.data, indices.length * sampleLength);
  for (let i = 0; i < indices.length; i++) {
    data.set(from.sample(indices[i]!), i * sampleLength);
  }
  const { labels } = from;
  const picked =
    labels && Int32Array.from({ length: indices.length }, (_, i) => labels[indices[i]!]!);
  return dataset({ ...from, data, ...(picked && { labels: picked }) });
}

/** The first `limit` samples: a view, not a copy. */
export function firstSamples(from: Dataset, limit: number): Dataset {
  if (limit >= from.count) return from;
  const data = from.data.subarray(0, limit * elementCount(from.shape));
  return dataset({ ...from, data, ...(from.labels && { labels: from.labels.subarray(0, limit) }) });
}

function allocateLike(data: SampleData, length: number): SampleData {
  if (data instanceof Uint8Array) return new Uint8Array(length);
  if (data instanceof Int8Array) return new Int8Array(length);
  return new Float32Array(length);
}
