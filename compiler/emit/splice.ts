/**
 * @file Puts functions into a finished module, in place of imports.
 *
 * The module imports them from `tritc:code`, after all its other imported
 * functions. Imports and defined functions share one index space, imports
 * first: a function that leaves the end of the former for the start of the
 * latter keeps its index, so nothing else in the module changes.
 *
 * **Source:** WebAssembly core specification 2.0, §5.5 (binary format of modules).
 */

import { InternalError } from "../../model/diagnostics/diagnostic.ts";
import { BinaryReader, joinBytes, unsignedBytes } from "./binary.ts";

/** The module that spliced functions are imported from. */
export const CODE_MODULE = "tritc:code";

export interface NamedBody {
  /** The import's name within its module. */
  readonly name: string;
  /** As it stands in the code section: locals, instructions, `end`. */
  readonly body: Uint8Array;
}

export interface Section {
  readonly id: number;
  readonly content: Uint8Array;
}

interface Import {
  readonly module: string;
  readonly name: string;
  /** Index of a function's type; absent for anything else. */
  readonly type?: number;
  /** The whole entry. */
  readonly bytes: Uint8Array;
}

const HEADER_BYTES = 8;
const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const IMPORTS = 2;
const FUNCTIONS = 3;
const CODE = 10;

/** `module` with every import from `CODE_MODULE` replaced by the function of its name. */
export function spliceFunctions(
  module: Uint8Array,
  functions: readonly NamedBody[],
): Uint8Array<ArrayBuffer> {
  const sections = readSections(module);
  const imports = readImports(contentOf(sections, IMPORTS));
  const replaced = imports.filter(isReplaced);
  demandLast(imports);
  const bodies = bodiesFor(replaced, functions);
  const types = replaced.map(({ type }) => unsignedBytes(type!));
  const sized = bodies.map(body => joinBytes([unsignedBytes(body.length), body]));
  const changes = new Map([
    [IMPORTS, keep(imports.filter(entry => !isReplaced(entry)))],
    [FUNCTIONS, prepend(types, contentOf(sections, FUNCTIONS))],
    [CODE, prepend(sized, contentOf(sections, CODE))],
  ]);
  return writeSections(
    sections.map(({ id, content }) => ({ id, content: changes.get(id) ?? content })),
  );
}

/** A module of these sections; empty ones are left out. */
export function writeSections(sections: readonly Section[]): Uint8Array<ArrayBuffer> {
  const written = sections.map(({ id, content }) => writeSection(id, content));
  return joinBytes([Uint8Array.from(HEADER), ...written]);
}

export function readSections(module: Uint8Array): Section[] {
  if (HEADER.some((byte, i) => module[i] !== byte)) {
    throw new InternalError("what is spliced is no WebAssembly module");
  }
  const reader = new BinaryReader(module, HEADER_BYTES);
  const sections: Section[] = [];
  while (!reader.atEnd)
    sections.push({ id: reader.byte(), content: reader.bytes(reader.unsigned()) });
  return sections;
}

export function contentOf(sections: readonly Section[], id: number): Uint8Array {
  const section = sections.find(candidate => candidate.id === id);
  if (section === undefined) throw new InternalError(`the module has no section ${id}`);
  return section.content;
}

/** How many functions the module imports. */
export function importedFunctions(sections: readonly Section[]): number {
  const section = sections.find(({ id }) => id === IMPORTS);
  if (section === undefined) return 0;
  return readImports(section.content).filter(({ type }) => type !== undefined).length;
}

function readImports(content: Uint8Array): Import[] {
  const reader = new BinaryReader(content);
  return Array.from({ length: reader.unsigned() }, () => {
    const start = reader.position;
    const [module, name] = [reader.name(), reader.name()];
    const type = readDescription(reader, `${module}.${name}`);
    const bytes = content.subarray(start, reader.position);
    return { module, name, bytes, ...(type === undefined ? {} : { type }) };
  });
}

/** What is imported: the type of a function; the other kinds are passed over. */
function readDescription(reader: BinaryReader, name: string): number | undefined {
  const kind = reader.byte();
  switch (kind) {
    case 0:
      return reader.unsigned();
    case 1:
      reader.byte();
      skipLimits(reader);
      return undefined;
    case 2:
      skipLimits(reader);
      return undefined;
    case 3:
      reader.bytes(2);
      return undefined;
    default:
      throw new InternalError(`the import ${name} is of the unknown kind ${kind}`);
  }
}

function skipLimits(reader: BinaryReader): void {
  const hasMaximum = (reader.byte() & 1) === 1;
  reader.unsigned();
  if (hasMaximum) reader.unsigned();
}

function isReplaced({ module }: Import): boolean {
  return module === CODE_MODULE;
}

function demandLast(imports: readonly Import[]): void {
  const functions = imports.filter(({ type }) => type !== undefined);
  const first = functions.findIndex(isReplaced);
  const late = functions.slice(first).find(entry => !isReplaced(entry));
  if (first < 0 || late === undefined) return;
  throw new InternalError(
    `the import ${late.module}.${late.name} follows functions to splice, whose indices would move`,
  );
}

/** The body of each import, in their order: each once, none left over. */
function bodiesFor(imports: readonly Import[], functions: readonly NamedBody[]): Uint8Array[] {
  const bodies = new Map(functions.map(({ name, body }) => [name, body]));
  const found = imports.map(({ name, type }) => {
    const body = bodies.get(name);
    if (body === undefined || type === undefined) {
      throw new InternalError(`there is no function to splice for the import ${name}`);
    }
    bodies.delete(name);
    return body;
  });
  const [spare] = bodies.keys();
  if (spare !== undefined) throw new InternalError(`the module does not import ${spare}`);
  return found;
}

/** A vector of `entries`; nothing, not even a section, if there are none. */
function keep(entries: readonly Import[]): Uint8Array {
  if (entries.length === 0) return new Uint8Array(0);
  return joinBytes([unsignedBytes(entries.length), ...entries.map(({ bytes }) => bytes)]);
}

/** The vector `content` with `entries` before its own. */
function prepend(entries: readonly Uint8Array[], content: Uint8Array): Uint8Array {
  const reader = new BinaryReader(content);
  const count = reader.unsigned() + entries.length;
  return joinBytes([unsignedBytes(count), ...entries, content.subarray(reader.position)]);
}

function writeSection(id: number, content: Uint8Array): Uint8Array {
  if (content.length === 0) return content;
  return joinBytes([Uint8Array.of(id), unsignedBytes(content.length), content]);
}
