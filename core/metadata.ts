/** @file The facts that travel with an ONNX model under tritc's keys. */

/** Keys of a model's metadata; values are JSON. */
export const METADATA = {
  /** Class names of a classifier: an array of strings. */
  labels: "tritc.labels",
  /** (pixel − mean) · scale for models whose input is real: { mean, scale }. */
  preprocess: "tritc.preprocess",
  /** How the model was trained: an object, for people and reports. */
  training: "tritc.training",
} as const;

/** The class names in `metadata`, if there are valid ones. */
export function labelsIn(
  metadata: Readonly<Record<string, string>>,
): readonly string[] | undefined {
  const labels = parsed(metadata[METADATA.labels]);
  const valid = Array.isArray(labels) && labels.every(label => typeof label === "string");
  return valid ? (labels as string[]) : undefined;
}

/** What pixels go through before a real input, if `metadata` says it. */
export function preprocessIn(
  metadata: Readonly<Record<string, string>>,
): { readonly mean: number; readonly scale: number } | undefined {
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
