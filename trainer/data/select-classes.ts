/** @file Keeps the samples of some classes only. */

import { problem, UsageError } from "../../model/diagnostics/diagnostic.ts";
import { type Dataset, dataset, pickSamples } from "./dataset.ts";

/** The samples of the named classes, in their order, with classes renumbered as listed. */
export function keepClasses(from: Dataset, classNames: readonly string[]): Dataset {
  const { labels } = from;
  if (labels === undefined) throw wrongClass(from, "the data has no labels to choose classes by");
  const wanted = classNames.map(name => {
    const index = from.classNames.indexOf(name);
    if (index < 0) throw wrongClass(from, `there is no class "${name}"`);
    return index;
  });
  const indices = [...labels.keys()].filter(index => wanted.includes(labels[index]!));
  const picked = pickSamples(from, indices);
  const renumbered = Int32Array.from(indices, index => wanted.indexOf(labels[index]!));
  return dataset({ ...picked, labels: renumbered, classNames: [...classNames] });
}

function wrongClass(from: Dataset, message: string): UsageError {
  const notes = from.classNames.length > 0 ? [`its classes are ${from.classNames.join(", ")}`] : [];
  return new UsageError(problem("usage/bad-option", message, { at: from.name, notes }));
}
