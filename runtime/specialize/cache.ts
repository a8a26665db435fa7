/**
 * @file Code that is kept from one load to the next.
 *
 * **Entry:** the SHA-256 of the rest; the number of layers that the code
 * replaces, in two bytes; the code. An entry without its hash is ignored.
 */

import type { LayerSlot } from "../../compiler/specialize/layer-slots.ts";
import { VERSION } from "../../core/version.ts";
import type { GeneratedModule } from "./generate.ts";

/** Any store of bytes by name, such as a folder or a `Cache` of the browser. */
export interface SpecializeCache {
  get(key: string): Promise<BufferSource | undefined>;
  put(key: string, bytes: Uint8Array<ArrayBuffer>): Promise<unknown>;
}

/** The part of a cache that belongs to one module. */
export interface CodeCache {
  get(): Promise<GeneratedModule | undefined>;
  put(code: GeneratedModule): Promise<void>;
}

type Warn = (message: string) => void;

const HASH_BYTES = 32;
const HEAD_BYTES = HASH_BYTES + 2;

const NO_CACHE: CodeCache = { get: async () => undefined, put: async () => {} };

/** `data`: all of a module's memory that no call writes. */
export async function openCache(
  cache: SpecializeCache | undefined,
  data: Uint8Array,
  slots: readonly LayerSlot[],
  warn: Warn,
): Promise<CodeCache> {
  if (cache === undefined) return NO_CACHE;
  if (globalThis.crypto?.subtle === undefined) {
    warn("code is not cached: hashing takes crypto.subtle, which pages have over https only");
    return NO_CACHE;
  }
  const key = await keyOf(data, slots);
  return {
    get: () => tolerant(async () => readEntry(await cache.get(key), key, warn), warn),
    put: async code => {
      await tolerant(async () => cache.put(key, await entryOf(code)), warn);
    },
  };
}

/** A cache that fails costs time, not the model. */
async function tolerant<T>(use: () => Promise<T>, warn: Warn): Promise<T | undefined> {
  try {
    return await use();
  } catch (error) {
    warn(`the cache failed: ${error instanceof Error ? error.message : error}`);
    return undefined;
  }
}

/** Code depends on the module's data and on the generator. */
async function keyOf(data: Uint8Array, slots: readonly LayerSlot[]): Promise<string> {
  const facts = new TextEncoder().encode(JSON.stringify([VERSION, slots]));
  const hash = await digestOf(joined(facts, data));
  return `tritc-${Array.from(hash, byte => byte.toString(16).padStart(2, "0")).join("")}`;
}

async function readEntry(
  source: BufferSource | undefined,
  key: string,
  warn: Warn,
): Promise<GeneratedModule | undefined> {
  if (source === undefined) return undefined;
  const entry = bytesOf(source);
  const hash = await digestOf(entry.slice(HASH_BYTES));
  if (entry.length < HEAD_BYTES || hash.some((byte, i) => byte !== entry[i])) {
    warn(`the cache's entry ${key} is damaged; its code is written anew`);
    return undefined;
  }
  const layers = entry[HASH_BYTES]! + 256 * entry[HASH_BYTES + 1]!;
  return { layers, bytes: entry.slice(HEAD_BYTES) };
}

async function entryOf({ layers, bytes }: GeneratedModule): Promise<Uint8Array<ArrayBuffer>> {
  const content = joined(Uint8Array.of(layers & 255, layers >> 8), bytes);
  return joined(await digestOf(content), content);
}

async function digestOf(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

function bytesOf(source: BufferSource): Uint8Array {
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  const { buffer, byteOffset, byteLength } = source as ArrayBufferView;
  return new Uint8Array(buffer, byteOffset, byteLength);
}
