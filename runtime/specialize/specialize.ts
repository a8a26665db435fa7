/** @file Puts code into the slots of an instance's layers. */

import {
  type LayerSlot,
  readSlots,
  SPECIALIZE_SECTION,
} from "../../compiler/specialize/layer-slots.ts";
import { EXPORTS } from "../../core/abi.ts";
import { RunError } from "../error.ts";
import type { Model } from "../index.ts";
import { openCache, type SpecializeCache } from "./cache.ts";
import { HOST } from "./code-module.ts";
import { generateModule } from "./generate.ts";

export interface SpecializeOptions {
  /** Keeps code from one load to the next. */
  readonly cache?: SpecializeCache;
  /** Told what went wrong where the model runs on nevertheless; `console.warn` unless told. */
  readonly onWarning?: (message: string) => void;
  /** Gives way to other tasks between layers. */
  readonly inSlices?: boolean;
}

export interface SpecializeReport {
  /** How many layers are code now. */
  readonly layers: number;
  /** Writing the code, or finding it in the cache. */
  readonly generateMs: number;
  /** The engine's own part. */
  readonly compileMs: number;
  /** Of code. */
  readonly bytes: number;
  readonly isCached: boolean;
}

/** What belongs to the compiled module that all its instances share. */
interface Code extends SpecializeReport {
  readonly module: WebAssembly.Module;
}

/** Where no layer is replaced. */
export const NOTHING: SpecializeReport = {
  layers: 0,
  generateMs: 0,
  compileMs: 0,
  bytes: 0,
  isCached: false,
};

const codes = new WeakMap<WebAssembly.Module, Promise<Code>>();
const done = new WeakMap<Model, Promise<SpecializeReport>>();

/**
 * Writes code for the layers of `model` and lets it run from the next call on.
 * Instances of one compiled module share the code.
 *
 * @throws RunError run/not-tritc if the module was not compiled for it, or is damaged
 */
export function specialize(
  model: Model,
  options: SpecializeOptions = {},
): Promise<SpecializeReport> {
  const known = done.get(model);
  if (known !== undefined) return known;
  const pending = putCode(model, options);
  done.set(model, pending);
  pending.catch(() => done.delete(model));
  return pending;
}

async function putCode(model: Model, options: SpecializeOptions): Promise<SpecializeReport> {
  const { memory, [EXPORTS.layers]: table } = model.exports;
  const slots = slotsOf(model.module);
  if (slots.length === 0) return NOTHING; // such a module has no table
  if (table === undefined || table.length < slots.length) {
    throw new RunError("run/not-tritc", "the module", `a table of ${slots.length}`, "none");
  }
  const { module, ...report } = await codeOf(model, slots, options);
  const imports = { [HOST.memory]: memory, [HOST.table]: table };
  await WebAssembly.instantiate(module, { [HOST.module]: imports });
  return report;
}

function slotsOf(module: WebAssembly.Module): readonly LayerSlot[] {
  const [section] = WebAssembly.Module.customSections(module, SPECIALIZE_SECTION);
  if (section === undefined) {
    const expected = `a section "${SPECIALIZE_SECTION}"; compile it with --specialize-at-load`;
    throw new RunError("run/not-tritc", "the module", expected, "none");
  }
  const slots = readSlots(new Uint8Array(section));
  if (!("expected" in slots)) return slots;
  const what = `the section "${SPECIALIZE_SECTION}"`;
  throw new RunError("run/not-tritc", what, slots.expected, slots.got);
}

function codeOf(
  model: Model,
  slots: readonly LayerSlot[],
  options: SpecializeOptions,
): Promise<Code> {
  const known = codes.get(model.module);
  if (known !== undefined) return known;
  const pending = makeCode(model, slots, options);
  codes.set(model.module, pending);
  pending.catch(() => codes.delete(model.module));
  return pending;
}

async function makeCode(
  model: Model,
  slots: readonly LayerSlot[],
  { cache, onWarning = console.warn, inSlices = false }: SpecializeOptions,
): Promise<Code> {
  const memory = new Uint8Array(model.exports.memory.buffer);
  const start = performance.now();
  const { arenaOffset } = model.manifest.memory;
  const data = memory.subarray(0, arenaOffset);
  const store = await openCache(cache, data, slots, onWarning);
  const cached = await store.get();
  const generate = () => generateModule(memory, arenaOffset, slots, pauser(inSlices));
  const { bytes, layers } = cached ?? (await generate());
  const left = slots.length - layers;
  if (left > 0) onWarning(tooLittleRoom(left, slots.length));
  const generated = performance.now();
  const module = await WebAssembly.compile(bytes);
  const compiled = performance.now();
  if (cached === undefined) await store.put({ bytes, layers });
  return {
    module,
    layers,
    generateMs: generated - start,
    compileMs: compiled - generated,
    bytes: bytes.length,
    isCached: cached !== undefined,
  };
}

function tooLittleRoom(left: number, all: number): string {
  const verb = left === 1 ? "stays as it is" : "stay as they are";
  const advice = "compile the module with the version of tritc that loads it";
  return `${left} of ${all} layers ${verb}: the module keeps too little room for their code; ${advice}`;
}

function pauser(inSlices: boolean): () => Promise<void> {
  if (!inSlices) return async () => {};
  return () => new Promise(resolve => setTimeout(resolve));
}
