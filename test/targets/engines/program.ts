/**
 * @file What a JavaScript engine does with the modules; runs inside that engine.
 *
 * Loads and runs every module through `tritc/runtime`. It must not know which
 * engine it is in: browsers, workers, Node, Deno and Bun share every line.
 */

import type { SimdTier } from "../../../core/abi.ts";
import { load, type Model, RunError } from "../../../runtime/index.ts";
import { load as loadAndSpecialize } from "../../../runtime/specialize/index.ts";

/** One module, as the staged folder holds it. */
export interface StagedCase {
  readonly name: string;
  /** Name of the module's file, relative to this one. */
  readonly file: string;
  /** The same module, in base64. */
  readonly wasm: string;
  /** Elements in base64, by the input's name. */
  readonly inputs: readonly Readonly<Record<string, string>>[];
  /** Sizes of the outputs, in bytes. */
  readonly outputBytes: readonly number[];
  readonly isCommand: boolean;
  /** Whether code can be written for it as it is loaded. */
  readonly hasSlots: boolean;
  readonly simd: SimdTier;
}

/** What a command wrote to standard output, in base64. */
export interface CommandOutput {
  readonly json: string;
  /** With the argument `--npy`. */
  readonly npy: string;
}

/** What one engine saw. */
export interface Observation {
  /** Outputs of a run in base64, by case, way of loading and number of the input. */
  readonly outputs: Record<string, readonly string[]>;
  /** What was thrown, by what was wrong; empty without `tritc/runtime`. */
  readonly refusals: Record<string, string>;
  /** By case and number of the input. */
  readonly commands: Record<string, CommandOutput>;
  /** Names of cases that were refused because the engine lacks their tier's instructions. */
  readonly lacking: readonly string[];
}

/** Enough for engines to replace their first code of a module by better code. */
const REPETITIONS = 150;

const HERE = import.meta.url;

export async function stagedCases(): Promise<readonly StagedCase[]> {
  const url = new URL("cases.js", HERE).href;
  return ((await import(url)) as { cases: readonly StagedCase[] }).cases;
}

export async function exercise(): Promise<Observation> {
  const cases = await stagedCases();
  const outputs: Observation["outputs"] = {};
  const lacking: string[] = [];
  for (const entry of cases) {
    if ((await thrown(() => load(bytesOf(entry.wasm)))) === "run/no-simd") {
      lacking.push(entry.name);
      continue;
    }
    const byAddress = await load(entry.file);
    runAll(byAddress, entry, "address", 1, outputs);
    runAll(await load(bytesOf(entry.wasm)), entry, "bytes", REPETITIONS, outputs);
    runAll(await load(byAddress.module), entry, "module", 1, outputs);
    if (entry.hasSlots) await runCode(entry, outputs);
  }
  return { outputs, refusals: await refusals(cases[0]!), commands: {}, lacking };
}

/** Runs the module while code is written for it, and then that code. */
async function runCode(entry: StagedCase, into: Observation["outputs"]): Promise<void> {
  const model = await loadAndSpecialize(bytesOf(entry.wasm), { specialize: "background" });
  runAll(model, entry, "code to come", 1, into);
  const { layers } = await model.specialized;
  if (layers > 0) runAll(model, entry, "code", REPETITIONS, into);
}

/** Notes the first result for each input, and any later one that is another. */
export function runAll(
  model: Model,
  { name, inputs }: StagedCase,
  way: string,
  repetitions: number,
  into: Observation["outputs"],
): void {
  for (let round = 0; round < repetitions; round++) {
    for (const [i, input] of inputs.entries()) {
      const key = `${name}, by ${way}, input ${i}`;
      const got = runOnce(model, input);
      if (round === 0) into[key] = got;
      else if (got.join() !== into[key]!.join()) into[`${key}, run ${round}`] = got;
    }
  }
}

function runOnce(model: Model, input: Readonly<Record<string, string>>): string[] {
  for (const [name, text] of Object.entries(input)) {
    const view = model.inputs[name]!;
    new Uint8Array(view.buffer, view.byteOffset, view.byteLength).set(bytesOf(text));
  }
  return Object.values(model.run()).map(textOf);
}

async function refusals({ file, wasm }: StagedCase): Promise<Record<string, string>> {
  const model = await load(bytesOf(wasm));
  const [name] = Object.keys(model.inputs);
  const nothing = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  return {
    "an address without anything": await thrown(() => load(`no-${file}`)),
    "an address of something else": await thrown(() => load(new URL("cases.js", HERE))),
    "what is not WebAssembly": await thrown(() => load(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8))),
    "half a module": await thrown(() => load(bytesOf(wasm).slice(0, 1000))),
    "a module of someone else": await thrown(() => load(nothing)),
    "too few elements": await thrown(() => model.run({ [name!]: new Float32Array(3) })),
    "another element type": await thrown(() => model.run({ [name!]: new Int8Array(3) })),
    "another name": await thrown(() => model.run({ [`no ${name}`]: new Float32Array(3) })),
  };
}

async function thrown(work: () => unknown): Promise<string> {
  try {
    await work();
  } catch (error) {
    if (error instanceof RunError) return error.code;
    const { code, name, message } = error as Error & { code?: string };
    return code ?? `${name}: ${message}`;
  }
  return "nothing";
}

export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), letter => letter.charCodeAt(0));
}

function textOf(array: ArrayBufferView): string {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
