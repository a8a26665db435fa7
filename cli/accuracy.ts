/** @file Counts how often a predictor's best class is the labelled one. */

import type { Tensor } from "../core/tensor.ts";
import { toNumbers } from "../core/tensor.ts";
import { ModelError, problem } from "../model/diagnostics/diagnostic.ts";
import type { Dataset } from "../trainer/data/dataset.ts";
import { batchOf, inputConverter, type Normalization } from "../trainer/data/model-input.ts";
import type { Predictor } from "./predictor.ts";

export interface Accuracy {
  readonly samples: number;
  /** Share of samples whose best class is the label, 0 to 1. */
  readonly top1: number;
}

/** What a predictor says of samples. */
export interface Classification {
  /** The best class of each sample, in order. */
  readonly best: Int32Array;
  /** How many classes the predictor tells apart. */
  readonly classes: number;
}

export async function classify(
  predictor: Predictor,
  dataset: Dataset,
  normalization: Normalization,
  tick: (done: number) => void = () => {},
): Promise<Classification> {
  const { input, preprocess } = predictor;
  const convert = inputConverter(dataset, input, { preprocess, ...normalization });
  const batch = batchOf(input);
  const best = new Int32Array(dataset.count);
  let classes = 0;
  for (let start = 0; start < dataset.count; start += batch) {
    const count = Math.min(batch, dataset.count - start);
    const indices = Array.from({ length: count }, (_, i) => start + i);
    const output = await predictor.predict(convert(indices));
    classes = output.data.length / batch;
    best.set(bestClasses(output, batch).subarray(0, count), start);
    tick(start + count);
  }
  return { best, classes };
}

/** @throws data/bad-format without labels, or with ones that the predictor cannot give */
export function accuracyOf({ best, classes }: Classification, dataset: Dataset): Accuracy {
  const { labels } = dataset;
  if (labels === undefined) throw unlabelled(dataset);
  const foreign = foreignLabel(labels, classes);
  if (foreign !== undefined) throw wrongClasses(dataset, foreign, classes);
  let right = 0;
  for (let i = 0; i < best.length; i++) if (best[i] === labels[i]) right++;
  return { samples: best.length, top1: right / best.length };
}

/** The index of the largest score in each of `batch` rows; the first of equals. */
export function bestClasses(output: Tensor, batch: number): Int32Array {
  const scores = toNumbers(output);
  const classes = scores.length / batch;
  return Int32Array.from({ length: batch }, (_, row) => {
    let best = 0;
    for (let c = 1; c < classes; c++) {
      if (scores[row * classes + c]! > scores[row * classes + best]!) best = c;
    }
    return best;
  });
}

/** @throws data/bad-format without labels */
export function demandLabels(dataset: Dataset): void {
  if (dataset.labels === undefined) throw unlabelled(dataset);
}

/** The index of the first label that is none of the classes. */
export function foreignLabel(labels: Int32Array, classes: number): number | undefined {
  const index = labels.findIndex(label => label >= classes);
  return index < 0 ? undefined : index;
}

function wrongClasses({ name, labels }: Dataset, index: number, classes: number): ModelError {
  return new ModelError(
    problem("data/bad-format", `sample ${index} is of class ${labels![index]}`, {
      at: name,
      notes: [`the model has ${classes} classes, counted from 0`],
      help: "choose data of the model's classes; --classes keeps some and numbers them anew",
    }),
  );
}

function unlabelled(dataset: Dataset): ModelError {
  return new ModelError(
    problem("data/bad-format", "the data has no labels to compare with", {
      at: dataset.name,
      help: "npz: add an array y; npy: give --labels FILE",
    }),
  );
}
