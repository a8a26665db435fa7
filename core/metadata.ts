/** @file The facts that travel with an ONNX model under tritc's keys, and what they say of its use. */

import type { Preprocess } from "./abi.ts";

/** Keys of a model's metadata; values are JSON. */
export const METADATA = {
  /** Class names of a classifier: an array of strings. */
  labels: "tritc.labels",
  /** (pixel − mean) · scale for models whose input is real: { mean, scale }. */
  preprocess: "tritc.preprocess",
  /** How the model was trained: an object, for people and reports. */
  training: "tritc.training",
} as const;

type Metadata = Readonly<Record<string, string>>;

/** Class names, and how pixels become the model's input. */
export interface ModelUse {
  readonly labels?: readonly string[];
  readonly preprocess?: Preprocess;
}

/** The facts in `metadata`; what is not as it should be counts as absent. */
export function readModelUse(metadata: Metadata): ModelUse {
  const labels = labelsIn(metadata);
  const preprocess = preprocessIn(metadata);
  return { ...(labels && { labels }), ...(preprocess && { preprocess }) };
}

function labelsIn(metadata: Metadata): readonly string[] | undefined {
  const labels = parsed(metadata[METADATA.labels]);
  const valid = Array.isArray(labels) && labels.every(label => typeof label === "string");
  return valid ? (labels as string[]) : undefined;
}

function preprocessIn(metadata: Metadata): Preprocess | undefined {
  const value = parsed(metadata[METADATA.preprocess]);
  if (typeof value !== "object" || value === null) return undefined;
  const { mean, scale } = value as Record<string, unknown>;
  return typeof mean === "number" && typeof scale === "number" ? { mean, scale } : undefined;
}

function parsed(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
