/** @file Finds and reads the files of a data set; says where to get what is missing. */

import { existsSync, readFileSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import { type Diagnostic, ModelError, problem } from "../../model/diagnostics/diagnostic.ts";

/** Folder that relative names are looked up in after the working directory. */
const DEFAULT_DATA_FOLDER = "../shared/data";
const GZIP_MAGIC = [0x1f, 0x8b] as const;

export function dataFolder(): string {
  return process.env.TRITC_DATA ?? DEFAULT_DATA_FOLDER;
}

/** `path` as given, or under the data folder. @throws data/not-found */
export function locate(path: string, origin: string): string {
  const candidates = isAbsolute(path) ? [path] : [resolve(path), resolve(dataFolder(), path)];
  const found = candidates.find(candidate => existsSync(candidate));
  if (found === undefined) throw notFound(path, candidates, origin);
  return found;
}

/** The first of `names` that exists in `folder`. @throws data/not-found */
export function locateIn(folder: string, names: readonly string[], origin: string): string {
  const candidates = names.map(name => join(folder, name));
  const found = candidates.find(candidate => existsSync(candidate));
  if (found === undefined) throw notFound(join(folder, names[0]!), candidates, origin);
  return found;
}

/** The bytes of a file, unpacked if it is gzip. @throws file/unreadable, data/bad-format */
export function readMaybeGzip(path: string): Uint8Array {
  const bytes = readBytes(path);
  if (bytes[0] !== GZIP_MAGIC[0] || bytes[1] !== GZIP_MAGIC[1]) return bytes;
  try {
    return gunzipSync(bytes);
  } catch (error) {
    throw badFormat(path, "the gzip data is damaged or cut off", {
      notes: [messageOf(error)],
      help: "fetch the file again",
    });
  }
}

/** @throws file/unreadable */
export function readBytes(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new ModelError(
      problem("file/unreadable", "the file cannot be read", {
        at: path,
        notes: [messageOf(error)],
        help: "check that it is a file and that you may read it",
      }),
    );
  }
}

export function badFormat(
  at: string,
  message: string,
  details: Partial<Pick<Diagnostic, "notes" | "help">> = {},
): ModelError {
  return new ModelError(problem("data/bad-format", message, { at, ...details }));
}

export function notFound(path: string, candidates: readonly string[], origin: string): ModelError {
  return new ModelError(
    problem("data/not-found", "the data is not there", {
      at: path,
      notes: [`looked for ${candidates.join(", ")}`, origin],
      help: "name the place in KIND:PATH, or set TRITC_DATA to the folder that holds your data sets",
    }),
  );
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
