/**
 * @file Data sets and models that are not part of the repository.
 *
 * They lie in the folder TRITC_DATA. Tests that need one skip where it is
 * absent, with one line that says so, and fail instead where `CI` is set.
 */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { dataFolder } from "../../trainer/data/locate.ts";

/** The path of `name` there. */
export function original(name: string): string {
  return join(dataFolder(), name);
}

/** The bytes of the file `name` there. */
export function readOriginal(name: string): Uint8Array {
  return readFileSync(original(name));
}

/** Whether tests that need `names` have to be skipped. @throws where `CI` is set */
export function absent(...names: readonly string[]): boolean {
  const missing = names.map(original).filter(path => !existsSync(path));
  if (missing.length === 0) return false;
  const line = `${missing.join(", ")} not there: set TRITC_DATA`;
  if (process.env.CI) throw new Error(line);
  console.warn(`skipped: ${line}`);
  return true;
}
