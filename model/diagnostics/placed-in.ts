/** @file Says which file a problem is in, where what found it knows bytes only. */

import { ModelError } from "./diagnostic.ts";

/** Areas of problems that lie in the model file. */
const IN_MODEL = /^(onnx|graph|compile)\//;

/** Runs `action`; the problems of the model, or of what `codes` match, are in the file `path`. */
export function placedIn<R>(path: string, action: () => R, codes = IN_MODEL): R {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    throw new ModelError(
      ...error.diagnostics.map(found =>
        codes.test(found.code)
          ? { ...found, at: found.at === undefined ? path : `${path}: ${found.at}` }
          : found,
      ),
    );
  }
}
