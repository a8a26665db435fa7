/** @file What the bytes of a module say without running it: its manifest and the sizes of its parts. */

import { ABI_VERSION, isManifest, MANIFEST_SECTION, type Manifest } from "../core/abi.ts";
import { ModelError, problem } from "../model/diagnostics/diagnostic.ts";

/** "\0asm", version 1. **Source** WebAssembly core specification, 5.5.16. */
const PREAMBLE = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00] as const;
const CUSTOM_SECTION = 0;
const CODE_SECTION = 10;
const DATA_SECTION = 11;

interface Section {
  readonly id: number;
  readonly start: number;
  readonly end: number;
}

export interface WasmFile {
  readonly manifest: Manifest;
  /** Content of the code and the data section. */
  readonly codeBytes: number;
  readonly dataBytes: number;
}

export function isWasm(bytes: Uint8Array): boolean {
  return PREAMBLE.every((byte, i) => bytes[i] === byte);
}

/** @throws run/not-tritc */
export function parseWasmFile(bytes: Uint8Array, at: string): WasmFile {
  if (!isWasm(bytes)) throw notTritc(at, "it does not begin as a WebAssembly module does");
  const sections = sectionsOf(bytes, at);
  const sizeOf = (id: number): number =>
    sections.filter(section => section.id === id).reduce((sum, s) => sum + s.end - s.start, 0);
  return {
    manifest: manifestIn(bytes, sections, at),
    codeBytes: sizeOf(CODE_SECTION),
    dataBytes: sizeOf(DATA_SECTION),
  };
}

function sectionsOf(bytes: Uint8Array, at: string): Section[] {
  const sections: Section[] = [];
  let offset: number = PREAMBLE.length;
  while (offset < bytes.length) {
    const id = bytes[offset]!;
    const [size, start] = readLeb(bytes, offset + 1);
    if (start + size > bytes.length) throw notTritc(at, `byte ${offset}: a section is cut off`);
    sections.push({ id, start, end: start + size });
    offset = start + size;
  }
  return sections;
}

function manifestIn(bytes: Uint8Array, sections: readonly Section[], at: string): Manifest {
  const decoder = new TextDecoder();
  for (const { id, start, end } of sections) {
    if (id !== CUSTOM_SECTION) continue;
    const [length, nameStart] = readLeb(bytes, start);
    const contentStart = nameStart + length;
    if (decoder.decode(bytes.subarray(nameStart, contentStart)) !== MANIFEST_SECTION) continue;
    return parseManifest(decoder.decode(bytes.subarray(contentStart, end)), at);
  }
  throw notTritc(at, `it has no section "${MANIFEST_SECTION}"`);
}

function parseManifest(text: string, at: string): Manifest {
  try {
    const manifest: unknown = JSON.parse(text);
    if (isManifest(manifest)) return manifest;
  } catch {
    throw notTritc(at, "its manifest is damaged");
  }
  throw notTritc(at, `its manifest is not that of ABI ${ABI_VERSION}, which this version reads`);
}

/** An unsigned LEB128 integer, and where it ends. */
function readLeb(bytes: Uint8Array, offset: number): [value: number, end: number] {
  let value = 0;
  let scale = 1;
  for (let at = offset; at < bytes.length; at++, scale *= 128) {
    value += (bytes[at]! & 127) * scale;
    if (bytes[at]! < 128) return [value, at + 1];
  }
  return [Number.POSITIVE_INFINITY, bytes.length];
}

function notTritc(at: string, why: string): ModelError {
  return new ModelError(
    problem("run/not-tritc", "this is not a module made by tritc", {
      at,
      notes: [why],
      help: "make one with tritc compile MODEL.onnx -o OUT.wasm",
    }),
  );
}
