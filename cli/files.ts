/** @file Reads input files, and writes output files whole or not at all. */

import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { ModelError, problem } from "../model/diagnostics/diagnostic.ts";

/** @throws file/unreadable */
export function readInput(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new ModelError(
      problem("file/unreadable", "the file cannot be read", {
        at: path,
        notes: [reasonOf(error)],
        help: "check the path, and that you may read the file",
      }),
    );
  }
}

/** One file to write. */
export interface Output {
  readonly path: string;
  readonly bytes: Uint8Array | string;
}

/**
 * Writes all files, or none: each is written beside its place under another
 * name, and only when all are complete do they take their names.
 *
 * @throws file/unwritable
 */
export function writeOutputs(outputs: readonly Output[]): void {
  const unfinished: { readonly from: string; readonly to: string }[] = [];
  let current = "";
  try {
    for (const { path, bytes } of outputs) {
      current = path;
      const from = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
      unfinished.push({ from, to: path });
      writeFileSync(from, bytes);
    }
    for (const { from, to } of unfinished) {
      current = to;
      renameSync(from, to);
    }
  } catch (error) {
    for (const { from } of unfinished) rmSync(from, { force: true });
    throw new ModelError(
      problem("file/unwritable", "the output cannot be written; nothing was left behind", {
        at: current,
        notes: [reasonOf(error)],
        help: "make the folder, or choose another place",
      }),
    );
  }
}

/** The system's words without the path, which the message has already. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/, \w+ '.*$/, "");
}
