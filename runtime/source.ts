/** @file Where a module comes from: bytes, a response, an address, or a compiled module. */

import { demandTier, tierIn } from "./engine.ts";
import { RunError } from "./error.ts";

/** A string is an address for `fetch`; in Node it may also be the path of a file. */
export type ModuleSource =
  | BufferSource
  | Response
  | Promise<Response>
  | URL
  | string
  | WebAssembly.Module;

export async function compileSource(source: ModuleSource): Promise<WebAssembly.Module> {
  const found = await source;
  if (found instanceof WebAssembly.Module) return found;
  const bytes = await bytesOf(found);
  try {
    return await WebAssembly.compile(bytes);
  } catch (error) {
    if (!(error instanceof WebAssembly.CompileError)) throw error;
    demandTier(tierIn(bytes) ?? "scalar");
    throw new RunError("run/not-tritc", "the source", "a WebAssembly module", error.message);
  }
}

async function bytesOf(source: BufferSource | Response | URL | string): Promise<BufferSource> {
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) return source;
  if (source instanceof Response) return bytesOfResponse(source);
  const file = fileOf(source);
  return file === undefined ? bytesOfResponse(await fetch(source)) : readFile(file);
}

async function bytesOfResponse(response: Response): Promise<ArrayBuffer> {
  if (response.ok) return response.arrayBuffer();
  throw new RunError("run/not-tritc", response.url, "a module", `status ${response.status}`);
}

/** What names a file rather than something to fetch; only where there are files. */
function fileOf(source: URL | string): URL | string | undefined {
  if (typeof process === "undefined" || process.versions?.node === undefined) return undefined;
  const isFetched = /^(https?|data|blob):/.test(String(source));
  if (isFetched) return undefined;
  return /^file:/.test(String(source)) ? new URL(source) : source;
}

async function readFile(file: URL | string): Promise<BufferSource> {
  // A bundler for browsers must not see this module's name as something to resolve.
  const files = "node:fs/promises";
  const { readFile } = (await import(
    /* @vite-ignore */ files
  )) as typeof import("node:fs/promises");
  return readFile(file);
}
