/**
 * @file Gives every call of `tritc_run` an entry of its own, so that its time
 * can be measured.
 *
 * `tritc_run` is a straight line of calls with constants. The result is the
 * same module with functions `tritc_call_0`, `tritc_call_1`, … added, each of
 * which takes a count and makes its call so many times. A run of all of them,
 * in order and once each, is a run of the module.
 *
 * **Source:** WebAssembly core specification 2.0, §5.4 and §5.5.
 */

import { EXPORTS } from "../../core/abi.ts";
import { InternalError } from "../../model/diagnostics/diagnostic.ts";
import { BinaryReader, joinBytes, unsignedBytes } from "./binary.ts";
import { calledFunctions } from "./called-functions.ts";
import {
  contentOf,
  importedFunctions,
  readSections,
  type Section,
  writeSections,
} from "./splice.ts";

export interface SplitRun {
  readonly wasm: Uint8Array<ArrayBuffer>;
  /** How many calls a run makes. */
  readonly calls: number;
}

const CALL_EXPORT = "tritc_call_";

const SECTION = { types: 1, functions: 3, exports: 7, code: 10 } as const;
const OP = { end: 0x0b, call: 0x10, callIndirect: 0x11, i32: 0x41, f32: 0x43 } as const;
const FUNCTION_KIND = 0;
const F32_BYTES = 4;
/** (i32) → () */
const COUNT_TYPE = [0x60, 1, 0x7f, 0];
/** No locals; loop. */
const BEFORE_CALL = [0, 0x03, 0x40];
/** count − 1 → count; again unless it is 0; end of the loop and of the function. */
const AFTER_CALL = [0x20, 0, 0x41, 0x7f, 0x6a, 0x22, 0, 0x0d, 0, 0x0b, 0x0b];

/** `module`, made by the compiler, with an entry for every call. */
export function splitRun(module: Uint8Array): SplitRun {
  const sections = readSections(module);
  const imported = importedFunctions(sections);
  const run = exportedFunctions(sections).find(({ name }) => name === EXPORTS.run);
  if (run === undefined) throw new InternalError("the module has no run");
  const calls = callsIn(bodiesIn(sections)[run.index - imported]!);
  const type = countOf(sections, SECTION.types);
  const first = imported + countOf(sections, SECTION.functions);
  const added = new Map<number, readonly Uint8Array[]>([
    [SECTION.types, [Uint8Array.from(COUNT_TYPE)]],
    [SECTION.functions, calls.map(() => unsignedBytes(type))],
    [SECTION.exports, calls.map((_, i) => exportEntry(`${CALL_EXPORT}${i}`, first + i))],
    [SECTION.code, calls.map(repeated)],
  ]);
  const extended = sections.map(({ id, content }) => ({
    id,
    content: append(content, added.get(id) ?? []),
  }));
  return { wasm: writeSections(extended), calls: calls.length };
}

function countOf(sections: readonly Section[], id: number): number {
  return new BinaryReader(contentOf(sections, id)).unsigned();
}

/** The vector `content` with `entries` behind its own. */
function append(content: Uint8Array, entries: readonly Uint8Array[]): Uint8Array {
  if (entries.length === 0) return content;
  const reader = new BinaryReader(content);
  const count = unsignedBytes(reader.unsigned() + entries.length);
  return joinBytes([count, content.subarray(reader.position), ...entries]);
}

function exportEntry(name: string, index: number): Uint8Array {
  const bytes = new TextEncoder().encode(name);
  const kind = Uint8Array.of(FUNCTION_KIND);
  return joinBytes([unsignedBytes(bytes.length), bytes, kind, unsignedBytes(index)]);
}

/** A function of a module, and its bytes. */
export interface FunctionPart {
  readonly name: string;
  readonly bytes: number;
}

/** What every function that the module exports consists of, by name: itself, and all that it calls. */
export function exportedParts(module: Uint8Array): ReadonlyMap<string, readonly FunctionPart[]> {
  const sections = readSections(module);
  const imported = importedFunctions(sections);
  const bodies = bodiesIn(sections);
  const own = exportedFunctions(sections).filter(({ index }) => index >= imported);
  const names = new Map(own.map(({ name, index }) => [index, name]));
  const partsOf = (index: number): FunctionPart[] => {
    const indices = new Set([index]);
    for (const caller of indices) {
      const called = calledFunctions(bodies[caller - imported]!);
      for (const callee of called) if (callee >= imported) indices.add(callee);
    }
    return [...indices].map(part => ({
      name: names.get(part) ?? `function ${part}`,
      bytes: bodies[part - imported]!.length,
    }));
  };
  return new Map(own.map(({ name, index }) => [name, partsOf(index)]));
}

function exportedFunctions(sections: readonly Section[]) {
  const reader = new BinaryReader(contentOf(sections, SECTION.exports));
  const entries = Array.from({ length: reader.unsigned() }, () => ({
    name: reader.name(),
    kind: reader.byte(),
    index: reader.unsigned(),
  }));
  return entries.filter(({ kind }) => kind === FUNCTION_KIND);
}

function bodiesIn(sections: readonly Section[]): Uint8Array[] {
  const reader = new BinaryReader(contentOf(sections, SECTION.code));
  return Array.from({ length: reader.unsigned() }, () => reader.bytes(reader.unsigned()));
}

/** The instructions of each call: its constants, then the call. */
function callsIn(body: Uint8Array): Uint8Array[] {
  const reader = new BinaryReader(body);
  if (reader.unsigned() !== 0) throw new InternalError("a run has locals");
  const calls: Uint8Array[] = [];
  let start = reader.position;
  for (let op = reader.byte(); op !== OP.end; op = reader.byte()) {
    if (op === OP.f32) reader.bytes(F32_BYTES);
    else reader.unsigned();
    // A call through the function table names the table as well.
    if (op === OP.callIndirect) reader.unsigned();
    if (op === OP.call || op === OP.callIndirect) {
      calls.push(body.subarray(start, reader.position));
      start = reader.position;
    } else if (op !== OP.i32 && op !== OP.f32) {
      throw new InternalError(`a run has the instruction ${op}`);
    }
  }
  return calls;
}

function repeated(call: Uint8Array): Uint8Array {
  const body = joinBytes([Uint8Array.from(BEFORE_CALL), call, Uint8Array.from(AFTER_CALL)]);
  return joinBytes([unsignedBytes(body.length), body]);
}
