/** @file Files of the package that are read at run time. */

import { existsSync } from "node:fs";
import { InternalError } from "../model/diagnostics/diagnostic.ts";

/** From the sources, and from the built files one folder deeper. */
const ROOTS = ["../", "../../"];

/** The file at `path` below the root of the package. */
export function packageFile(path: string): URL {
  const candidates = ROOTS.map(root => new URL(`${root}${path}`, import.meta.url));
  const found = candidates.find(candidate => existsSync(candidate));
  if (found === undefined) throw new InternalError(`${path} is missing from this package`);
  return found;
}
