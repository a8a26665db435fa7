/**
 * @file Data sets and models that are not part of the repository.
 *
 * They lie in the folder TRITC_DATA. Tests that need one skip where it is
 * absent, with one line that says so, and fail instead where `CI` is set.
 */

import { existsSync } from "node:fs";
import { join } from "node:path";

const FOLDER = process.env.TRITC_DATA ?? "../shared/data";

/** The path of `name` there. */
export function original(name: string): string {
  return join(FOLDER, name);
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
