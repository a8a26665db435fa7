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

/** Runs one command many times: a fresh instance of one compiled module for each. */
export interface CommandRunner {
  run(stdin: Uint8Array): CommandResult;
  close(): void;
}

export function runCommand(
  wasm: Uint8Array,
  stdin: Uint8Array,
  args: readonly string[] = [],
): CommandResult {
  const runner = commandRunner(wasm, args);
  try {
    return runner.run(stdin);
  } finally {
    runner.close();
  }
}

export function commandRunner(wasm: Uint8Array, args: readonly string[] = []): CommandRunner {
  const module = new WebAssembly.Module(wasm as BufferSource);
  const folder = mkdtempSync(join(tmpdir(), "tritc-wasi-"));
  const path = (name: string): string => join(folder, name);
  return {
    run(input) {
      writeFileSync(path("in"), input);
      const files = [
        openSync(path("in"), "r"),
        openSync(path("out"), "w"),
        openSync(path("err"), "w"),
      ] as [number, number, number];
      try {
        const code = start(module, args, files);
        const stderr = readFileSync(path("err"), "utf8");
        return { code, stdout: Uint8Array.from(readFileSync(path("out"))), stderr };
      } finally {
        for (const file of files) closeSync(file);
      }
    },
    close: () => rmSync(folder, { recursive: true }),
  };
}

function start(
  module: WebAssembly.Module,
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
  const imports = wasi.getImportObject() as WebAssembly.Imports;
  return wasi.start(new WebAssembly.Instance(module, imports));
}
