/** @file What quantising cost: the quantised module beside the float one on the same samples. */

import type { Dataset } from "../trainer/data/dataset.ts";
import type { Normalization } from "../trainer/data/model-input.ts";
import { accuracyOf, classify, foreignLabel } from "./accuracy.ts";
import type { Predictor } from "./predictor.ts";
import { percent } from "./table.ts";

/** Accuracies where there are labels, else how often both say the same. */
export interface Loss {
  readonly samples: number;
  /** Share of samples for which both find the same best class. */
  readonly agreement: number;
  readonly floatTop1?: number;
  readonly top1?: number;
  /** floatTop1 − top1. */
  readonly loss?: number;
}

export async function measureLoss(
  float: Predictor,
  quantized: Predictor,
  dataset: Dataset,
  normalization: Normalization,
): Promise<Loss> {
  const expected = await classify(float, dataset, normalization);
  const got = await classify(quantized, dataset, normalization);
  const same = got.best.filter((best, i) => best === expected.best[i]).length;
  const agreement = { samples: dataset.count, agreement: same / dataset.count };
  const { labels } = dataset;
  // Samples of something else calibrate too, but their labels say nothing.
  if (labels === undefined || foreignLabel(labels, got.classes) !== undefined) return agreement;
  const floatTop1 = accuracyOf(expected, dataset).top1;
  const { top1 } = accuracyOf(got, dataset);
  return { ...agreement, floatTop1, top1, loss: floatTop1 - top1 };
}

export function lossText(
  { samples, agreement, floatTop1, top1, loss }: Loss,
  data: string,
): string {
  const same = `agrees with the float model on ${percent(agreement)}`;
  const where = `of ${samples} samples of ${data}`;
  if (floatTop1 === undefined || top1 === undefined || loss === undefined)
    return `${same} ${where}`;
  const points = Math.abs(100 * loss).toFixed(2);
  const words = loss < 0 ? `${points} points gained` : `${points} points lost`;
  return `top-1 ${percent(top1)}, float ${percent(floatTop1)}: ${words}, ${where}; ${same}`;
}
