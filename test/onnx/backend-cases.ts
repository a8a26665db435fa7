/**
 * @file The official ONNX backend test cases: a model, and inputs with the
 * outputs that belong to them.
 *
 * The archive is unpacked once, under node_modules/.cache.
 */

import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { absent, original } from "../data/originals.ts";

const VERSION = "v1.22.0";
const ARCHIVE = `onnx-backend/onnx-backend-${VERSION}.tar.xz`;
const CACHE = fileURLToPath(new URL("../../node_modules/.cache/onnx-backend", import.meta.url));

export type Suite = "node" | "pytorch-converted" | "pytorch-operator" | "simple";

export interface BackendCase {
  readonly name: string;
  readonly model: Uint8Array;
  readonly sets: readonly DataSet[];
}

/** TensorProto files, in the order of the graph's inputs and outputs. */
export interface DataSet {
  readonly inputs: readonly Uint8Array[];
  readonly outputs: readonly Uint8Array[];
}

/** Whether to skip, because the cases are missing. */
export function skipWithoutBackendCases(): boolean {
  return absent(ARCHIVE);
}

export function backendCases(suite: Suite): readonly BackendCase[] {
  const folder = join(unpacked(), suite);
  return readdirSync(folder)
    .sort()
    .map(name => readCase(name, join(folder, name)));
}

/** The unpacked archive. Unpacks beside it and renames, so that a cut-off run leaves nothing. */
function unpacked(): string {
  const folder = join(CACHE, VERSION);
  if (existsSync(folder)) return folder;
  mkdirSync(CACHE, { recursive: true });
  const beside = mkdtempSync(join(CACHE, "unpack-"));
  execFileSync("tar", ["xJf", original(ARCHIVE), "-C", beside]);
  // Another process may have been faster: then its copy stays.
  if (!existsSync(folder)) renameSync(join(beside, VERSION), folder);
  rmSync(beside, { recursive: true, force: true });
  return folder;
}

function readCase(name: string, folder: string): BackendCase {
  const sets = readdirSync(folder).filter(entry => entry.startsWith("test_data_set_"));
  return {
    name,
    model: readFileSync(join(folder, "model.onnx")),
    sets: sets.sort().map(set => readSet(join(folder, set))),
  };
}

function readSet(folder: string): DataSet {
  const files = readdirSync(folder);
  const read = (kind: string): Uint8Array[] =>
    files
      .filter(file => file.startsWith(`${kind}_`))
      .sort((a, b) => numberOf(a) - numberOf(b))
      .map(file => readFileSync(join(folder, file)));
  return { inputs: read("input"), outputs: read("output") };
}

function numberOf(file: string): number {
  return Number(/\d+/.exec(file)![0]);
}
