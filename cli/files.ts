/** @file Reads input files, and writes output files whole or not at all. */

import {
  accessSync,
  constants,
  existsSync,
  readFileSync,
  realpathSync,
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
      const { place, kind } = placeOf(path);
      accessSync(kind === "stream" ? place : dirname(place), constants.W_OK);
      return kind === "folder" ? [unwritable(path, "it is a folder", NAME_A_FILE)] : [];
    } catch (error) {
      return [unwritable(path, reasonOf(error), wayOut(error))];
    }
  });
  if (problems.length > 0) throw new ModelError(...problems);
}

/** Fails before long work whose results the folder could not take. @throws file/unwritable */
export function checkFolder(path: string): void {
  let nearest = path;
  try {
    while (!existsSync(nearest)) nearest = dirname(nearest);
    if (!statSync(nearest).isDirectory()) throw new Error(`${nearest} is not a folder`);
    accessSync(nearest, constants.W_OK);
  } catch (error) {
    throw new ModelError(unwritable(path, reasonOf(error), wayOut(error)));
  }
}

/** Whether both paths lead to one file that is there. */
export function isSameFile(a: string, b: string): boolean {
  const [first, second] = [a, b].map(path => statSync(path, { throwIfNoEntry: false }));
  if (first === undefined || second === undefined) return false;
  return first.ino === second.ino && first.dev === second.dev;
}

/** One file to write. */
export interface Output {
  readonly path: string;
  readonly bytes: Uint8Array | string;
}

/**
 * Writes files: each beside its place under another name, and only when all
 * are complete do they take their names. A device or a pipe stays what it is
 * and takes the bytes last; behind a link it is the link's target that changes.
 *
 * @throws file/unwritable
 */
export function writeOutputs(outputs: readonly Output[]): void {
  const unfinished: { readonly from: string; readonly to: string }[] = [];
  let current = "";
  try {
    const placed = outputs.map(output => ({ ...output, ...placeOf(output.path) }));
    for (const { path, bytes, place, kind } of placed) {
      if (kind === "stream") continue;
      current = path;
      const from = join(dirname(place), `.${basename(place)}.${process.pid}.tmp`);
      unfinished.push({ from, to: place });
      writeFileSync(from, bytes);
    }
    for (const { from, to } of unfinished) {
      current = to;
      renameSync(from, to);
    }
    for (const { path, bytes, place, kind } of placed) {
      if (kind !== "stream") continue;
      current = path;
      writeFileSync(place, bytes);
    }
  } catch (error) {
    for (const { from } of unfinished) rmSync(from, { force: true });
    throw new ModelError(unwritable(current, reasonOf(error), wayOut(error)));
  }
}

interface Place {
  /** Where the bytes go: `path`, or what a link there leads to. */
  readonly place: string;
  readonly kind: "file" | "folder" | "stream";
}

/** What `path` names; a file where there is nothing yet. */
function placeOf(path: string): Place {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return { place: path, kind: "file" };
  if (found.isDirectory()) return { place: path, kind: "folder" };
  // A pipe has no real path that could be opened.
  if (!found.isFile()) return { place: path, kind: "stream" };
  return { place: realpathSync(path), kind: "file" };
}

function unwritable(path: string, reason: string, help: string): Diagnostic {
  return problem("file/unwritable", "the output cannot be written; nothing was left behind", {
    at: path,
    notes: [reason],
    help,
  });
}

const NAME_A_FILE = "name a file in it, or another place";

/** What to do about an error of the file system. */
function wayOut(error: unknown): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case "ENOENT":
      return "make the folder, or choose another place";
    case "EISDIR":
      return NAME_A_FILE;
    default:
      return "choose another place, or see to it that files can be written there";
  }
}

/** The system's words without the path, which the message has already. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/, \w+ '.*$/, "");
}
