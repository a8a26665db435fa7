/** @file Real models for tests, from the folder that `TRITC_DATA` names. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const FOLDER = process.env.TRITC_DATA ?? "../shared/data";

/** Whether `path` can be used; fails where it must be there. */
export function hasData(path: string): boolean {
  const found = existsSync(join(FOLDER, path));
  if (found) return true;
  if (process.env.CI !== undefined) throw new Error(`${join(FOLDER, path)} is missing`);
  console.warn(`skipped: ${join(FOLDER, path)} is not there; set TRITC_DATA`);
  return false;
}

export function readData(path: string): Uint8Array {
  return readFileSync(join(FOLDER, path));
}
