/** @file All files that the JSON under models/ becomes. */

import { join } from "node:path";
import { type Point, pointsOf, scatter } from "./charts.ts";
import { type Chart, documentText, type Published } from "./document.ts";
import { MODELS, readIndex, readJsonFile } from "./entry.ts";
import { ablationSchema, pruningSchema, referencesSchema } from "./studies.ts";

export interface Rendered {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: string;
}

const CHARTED = "cifar10";

export function readPublished(folder = MODELS): Published {
  return {
    models: readIndex(folder),
    pruned: readJsonFile(join(folder, "pruning.json"), pruningSchema) ?? [],
    ablation: readJsonFile(join(folder, "ablation.json"), ablationSchema),
    references: readJsonFile(join(folder, "references.json"), referencesSchema) ?? [],
  };
}

/** The document and its charts; a chart without points is left out. */
export async function render(published = readPublished()): Promise<Rendered[]> {
  const { size, latency } = pointsOf(published.models, published.references, CHARTED);
  const drawn = [
    await chart("accuracy-size", size, "entropy-coded weights, kB", "Accuracy against size"),
    await chart("accuracy-latency", latency, "time per image, µs", "Accuracy against latency"),
  ].flat();
  const document = documentText(
    published,
    drawn.map(({ chart: own }) => own),
  );
  const charts = drawn.map(({ chart: { file }, text }) => ({ path: `docs/${file}`, text }));
  return [{ path: "docs/results.md", text: document }, ...charts];
}

async function chart(
  name: string,
  points: readonly Point[],
  label: string,
  caption: string,
): Promise<{ readonly chart: Chart; readonly text: string }[]> {
  if (!points.some(({ kind }) => kind === "ternary")) return [];
  const text = await scatter(points, label);
  return [{ chart: { file: `images/${name}.svg`, caption: `${caption}, CIFAR-10` }, text }];
}
