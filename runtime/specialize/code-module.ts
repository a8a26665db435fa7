/**
 * @file Writes the module that brings the code of layers: it imports memory
 * and function table of the module that they belong to, and puts a function
 * into each layer's slot as it is instantiated.
 *
 * **Source:** WebAssembly core specification 2.0, §5.5 (binary format of modules).
 */

import { unsigned } from "../../compiler/specialize/layer-slots.ts";

export interface LayerCode {
  /** Of the table. */
  readonly slot: number;
  /** Functions as they stand in a code section, to be called in this order. */
  readonly bodies: readonly Uint8Array[];
  /** Six addresses, the arguments of each. */
  readonly args: readonly number[];
  /** Written to memory at the start. */
  readonly data: { readonly address: number; readonly bytes: Uint8Array };
}

/** Where the two imports come from. */
export const HOST = { module: "tritc", memory: "memory", table: "layers" } as const;

const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const SECTION = { types: 1, imports: 2, functions: 3, elements: 9, code: 10, data: 11 } as const;
const I32 = 0x7f;
const FUNCTION = 0x60;
const FUNCREF = 0x70;
const TABLE_IMPORT = 1;
const MEMORY_IMPORT = 2;
/** Limits without a maximum; what is imported may be larger than they say. */
const AT_LEAST = 0;
const CONSTANT = 0x41;
const CALL = 0x10;
const END = 0x0b;
const ARGUMENTS = 6;
/** Types: a block of a layer, and a layer. */
const BLOCK = 0;
const LAYER = 1;

export function writeCodeModule(layers: readonly LayerCode[]): Uint8Array<ArrayBuffer> {
  const bodies = layers.flatMap(layer => layer.bodies);
  const types = [...bodies.map(() => BLOCK), ...layers.map(() => LAYER)];
  const entries = layers.map((layer, i) => entryOf(layer, firstBody(layers, i)));
  const slots = Math.max(0, ...layers.map(({ slot }) => slot + 1));
  return joined([
    HEADER,
    section(SECTION.types, [
      [[FUNCTION, ARGUMENTS, ...new Array<number>(ARGUMENTS).fill(I32), 0]],
      [[FUNCTION, 0, 0]],
    ]),
    section(SECTION.imports, [
      [text(HOST.module), text(HOST.memory), [MEMORY_IMPORT, AT_LEAST, 1]],
      [text(HOST.module), text(HOST.table), [TABLE_IMPORT, FUNCREF, AT_LEAST], unsigned(slots)],
    ]),
    section(
      SECTION.functions,
      types.map(type => [[type]]),
    ),
    section(
      SECTION.elements,
      layers.map(({ slot }, i) => [[0], constant(slot), [END, 1], unsigned(bodies.length + i)]),
    ),
    section(
      SECTION.code,
      [...bodies, ...entries].map(body => [unsigned(body.length), body]),
    ),
    section(
      SECTION.data,
      layers.map(({ data: { address, bytes } }) => [
        [0, ...constant(address), END],
        unsigned(bytes.length),
        bytes,
      ]),
    ),
  ]);
}

type Bytes = readonly number[] | Uint8Array;

function firstBody(layers: readonly LayerCode[], index: number): number {
  return layers.slice(0, index).reduce((sum, { bodies }) => sum + bodies.length, 0);
}

/** Calls every function of the layer. */
function entryOf({ bodies, args }: LayerCode, first: number): number[] {
  const calls = bodies.flatMap((_, i) => [...args.flatMap(constant), CALL, ...unsigned(first + i)]);
  return [0, ...calls, END];
}

/** A section that is a vector of entries, each made of parts. */
function section(id: number, entries: readonly (readonly Bytes[])[]): Uint8Array {
  const content = joined([unsigned(entries.length), ...entries.flat()]);
  return joined([[id], unsigned(content.length), content]);
}

function text(word: string): number[] {
  const bytes = new TextEncoder().encode(word);
  return [...unsigned(bytes.length), ...bytes];
}

/** i32.const of a number that is not negative, in signed LEB128. */
function constant(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x40; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return [CONSTANT, ...bytes, rest];
}

function joined(parts: readonly Bytes[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
