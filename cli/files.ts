/** @file Reads input files, and writes output files whole or not at all. */

import {
  accessSync,
  constants,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { type Diagnostic, ModelError, problem } from "../model/diagnostics/diagnostic.ts";

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

/** Fails before long work whose result could not be written. @throws file/unwritable */
export function checkWritable(paths: readonly string[]): void {
  const problems = paths.flatMap(path => {
    try {
      accessSync(dirname(path), constants.W_OK);
      if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return [];
      return [unwritable(path, "it is a folder")];
    } catch (error) {
      return [unwritable(path, reasonOf(error))];
    }
  });
  if (problems.length > 0) throw new ModelError(...problems);
}

/** One file to write. */
export interface Output {
  readonly path: string;
  readonly bytes: Uint8Array | string;
}

/**
 * Writes files: each beside its place under another name, and only when all
 * are complete do they take their names.
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
    throw new ModelError(unwritable(current, reasonOf(error)));
  }
}

function unwritable(path: string, reason: string): Diagnostic {
  return problem("file/unwritable", "the output cannot be written; nothing was left behind", {
    at: path,
    notes: [reason],
    help: "make the folder, or choose another place",
  });
}

/** The system's words without the path, which the message has already. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/, \w+ '.*$/, "");
}
