/**
 * @file Keeps on disk what is slow to compute.
 *
 * The folder is `TRITC_CACHE`, or `tritc` in the user's cache folder. A name
 * must contain a digest of everything the content depends on. A cache that
 * cannot be written costs time, nothing else.
 */

import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** The file `name` of the cache, made by `make` if it is not there. */
export function readCached(name: string, make: () => Uint8Array): Uint8Array {
  const path = join(cacheFolder(), name);
  try {
    return readFileSync(path);
  } catch {
    const bytes = make();
    keep(path, bytes);
    return bytes;
  }
}

function cacheFolder(): string {
  const { TRITC_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  return TRITC_CACHE ?? join(XDG_CACHE_HOME ?? LOCALAPPDATA ?? join(homedir(), ".cache"), "tritc");
}

function keep(path: string, bytes: Uint8Array): void {
  const unfinished = `${path}.${process.pid}`;
  try {
    mkdirSync(cacheFolder(), { recursive: true });
    writeFileSync(unfinished, bytes);
    renameSync(unfinished, path);
  } catch {
    rmSync(unfinished, { force: true });
  }
}
