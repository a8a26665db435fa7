/** @file The version of this package. */

import { existsSync, readFileSync } from "node:fs";

/** From the sources, and from the built files one folder deeper. */
const CANDIDATES = ["../package.json", "../../package.json"];

export function version(): string {
  const found = packageFile(CANDIDATES);
  return found === undefined ? "unknown" : JSON.parse(readFileSync(found, "utf8")).version;
}

/** The first of the places, relative to this file, where there is a file. */
export function packageFile(candidates: readonly string[]): URL | undefined {
  return candidates
    .map(path => new URL(path, import.meta.url))
    .find(candidate => existsSync(candidate));
}
