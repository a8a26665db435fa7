/** @file Where real models are; without them a test is skipped, or fails under CI. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const DATA =
  process.env.TRITC_DATA ?? fileURLToPath(new URL("../../../shared/data", import.meta.url));

/** Whether to skip: the data is absent and this is no CI run. Says so in one line. */
export function skipWithout(path: string): boolean {
  const file = join(DATA, path);
  if (existsSync(file)) return false;
  if (process.env.CI) throw new Error(`${file} is missing: set TRITC_DATA`);
  console.warn(`skipped: ${file} is missing; set TRITC_DATA`);
  return true;
}

export function readData(path: string): Uint8Array {
  return readFileSync(join(DATA, path));
}
