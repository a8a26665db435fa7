/** @file What a model's metadata says about its use: class names, and how pixels become its input. */

import type { Preprocess } from "../../core/abi.ts";
import { labelsIn, preprocessIn } from "../../core/metadata.ts";

export interface ModelUse {
  readonly labels?: readonly string[];
  readonly preprocess?: Preprocess;
}

/** The facts in `metadata`; what is not as it should be counts as absent. */
export function readModelUse(metadata: Readonly<Record<string, string>>): ModelUse {
  const labels = labelsIn(metadata);
  const preprocess = preprocessIn(metadata);
  return { ...(labels && { labels }), ...(preprocess && { preprocess }) };
}
