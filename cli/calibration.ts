/** @file Samples for the compiler to measure the ranges of activations on. */

import type { Sample } from "../compiler/index.ts";
import type { Port, Preprocess } from "../core/abi.ts";
import { type Dataset, firstSamples } from "../trainer/data/dataset.ts";
import { batchOf, inputConverter, type Normalization } from "../trainer/data/model-input.ts";

/** The first `count` samples, as inputs of the model; the last batch is left out if it is not full. */
export function* calibrationSamples(
  dataset: Dataset,
  count: number,
  input: Port,
  normalization: Normalization & { readonly preprocess?: Preprocess | undefined },
): Generator<Sample> {
  const chosen = firstSamples(dataset, count);
  const convert = inputConverter(chosen, input, normalization);
  const batch = batchOf(input);
  for (let start = 0; start === 0 || start + batch <= chosen.count; start += batch) {
    const indices = Array.from({ length: batch }, (_, i) => Math.min(start + i, chosen.count - 1));
    yield { [input.name]: convert(indices) };
  }
}
