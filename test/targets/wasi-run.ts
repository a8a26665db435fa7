/** @file Runs a module as a WASI command, with bytes on stdin. */

import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WASI } from "node:wasi";

export interface CommandResult {
  readonly code: number;
  readonly stdout: Uint8Array;
  readonly stderr: string;
}

export function runCommand(
  wasm: Uint8Array,
  stdin: Uint8Array,
  args: readonly string[] = [],
): CommandResult {
  const folder = mkdtempSync(join(tmpdir(), "tritc-wasi-"));
  const path = (name: string): string => join(folder, name);
  writeFileSync(path("in"), stdin);
  const files = [openSync(path("in"), "r"), openSync(path("out"), "w"), openSync(path("err"), "w")];
  try {
    const code = start(wasm, args, files as [number, number, number]);
    return { code, stdout: readFileSync(path("out")), stderr: readFileSync(path("err"), "utf8") };
  } finally {
    for (const file of files) closeSync(file);
    rmSync(folder, { recursive: true });
  }
}

function start(
  wasm: Uint8Array,
  args: readonly string[],
  [stdin, stdout, stderr]: readonly [number, number, number],
): number {
  const wasi = new WASI({
    version: "preview1",
    args: ["module.wasm", ...args],
    stdin,
    stdout,
    stderr,
    returnOnExit: true,
  });
  const module = new WebAssembly.Module(wasm as BufferSource);
  const imports = wasi.getImportObject() as WebAssembly.Imports;
  return wasi.start(new WebAssembly.Instance(module, imports));
}
