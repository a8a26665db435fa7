/**
 * @file What a model file says about its use: class names, and how pixels become its input.
 *
 * Both travel in the model's free-form metadata, as JSON under keys of ours.
 */

import type { Preprocess } from "../../core/abi.ts";

/** A JSON list of class names. */
export const LABELS_KEY = "tritc.labels";
/** A JSON object `{ "mean": m, "scale": s }`: pixels become (pixel − m) · s. */
export const PREPROCESS_KEY = "tritc.preprocess";

export interface ModelUse {
  readonly labels?: readonly string[];
  readonly preprocess?: Preprocess;
}

/** The facts in `metadata`; what is not as it should be counts as absent. */
export function readModelUse(metadata: Readonly<Record<string, string>>): ModelUse {
  const labels = parseJson(metadata[LABELS_KEY]);
  const preprocess = parseJson(metadata[PREPROCESS_KEY]);
  return {
    ...(isLabels(labels) && { labels }),
    ...(isPreprocess(preprocess) && { preprocess }),
  };
}

/** The metadata that `readModelUse` reads. */
export function writeModelUse({ labels, preprocess }: ModelUse): Record<string, string> {
  return {
    ...(labels && { [LABELS_KEY]: JSON.stringify(labels) }),
    ...(preprocess && {
      [PREPROCESS_KEY]: JSON.stringify({ mean: preprocess.mean, scale: preprocess.scale }),
    }),
  };
}

function parseJson(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isLabels(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(label => typeof label === "string");
}

function isPreprocess(value: unknown): value is Preprocess {
  if (typeof value !== "object" || value === null) return false;
  const { mean, scale } = value as Record<string, unknown>;
  return Number.isFinite(mean) && Number.isFinite(scale);
}
