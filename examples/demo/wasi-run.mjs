/**
 * @file Runs a WASI command with the arguments given, as `wasmtime` would:
 *
 *     node wasi-run.mjs model.wasm < image.pgm
 */

import { readFileSync } from "node:fs";
import { WASI } from "node:wasi";

const args = process.argv.slice(2);
const wasi = new WASI({ version: "preview1", args });
const imports = /** @type {WebAssembly.Imports} */ (wasi.getImportObject());
const { instance } = await WebAssembly.instantiate(readFileSync(String(args[0])), imports);
process.exitCode = wasi.start(instance);
