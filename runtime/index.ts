/**
 * @file Loads and runs a module that tritc made. No dependencies; browsers,
 * workers, Node, Deno, Bun.
 *
 *     const model = await load("digits.wasm");
 *     const { scores } = model.run({ image });
 *
 * **Views:** `inputs` and `outputs` look into the module's own memory. What
 * `run` returns is valid until the next run; `slice()` keeps it. Writing into
 * `model.inputs.image` and calling `run()` copies nothing at all. A run
 * consumes its inputs: their bytes serve for intermediate values, so write all
 * of them before each run.
 */

import {
  ABI_VERSION,
  EXPORTS,
  isManifest,
  MANIFEST_SECTION,
  type Manifest,
  type ModuleExports,
  type Port,
  STATUS_OK,
} from "../core/abi.ts";
import { type DataArray, type TensorLike, viewOf, write } from "./arrays.ts";
import { RunError } from "./error.ts";
import { compileSource, type ModuleSource } from "./source.ts";

export type { Manifest, Port } from "../core/abi.ts";
export type { DataArray, TensorLike } from "./arrays.ts";
export { RunError, type RunErrorCode } from "./error.ts";
export type { ModuleSource } from "./source.ts";

/** Names and array types of a model; `tritc compile --emit dts` writes them. */
export interface ModelTypes {
  readonly inputs: Readonly<Record<string, DataArray>>;
  readonly outputs: Readonly<Record<string, DataArray>>;
}

/** What `run` takes: arrays, or arrays with a shape that is then checked. */
export type RunInputs<T extends ModelTypes> = {
  readonly [K in keyof T["inputs"]]?: T["inputs"][K] | TensorLike<T["inputs"][K]>;
};

/** One instance of a module, with memory of its own. */
export class Model<T extends ModelTypes = ModelTypes> {
  readonly manifest: Manifest;
  /** Compiled; can be sent to a worker and given to `load` there. */
  readonly module: WebAssembly.Module;
  /** Live views to write into. */
  readonly inputs: T["inputs"];
  /** Live views of the last run's results. */
  readonly outputs: T["outputs"];
  /** What the instance exports: docs/module.md. */
  readonly exports: ModuleExports;
  readonly #run: () => number;

  /** Use `load`. */
  constructor(
    module: WebAssembly.Module,
    manifest: Manifest,
    instance: WebAssembly.Instance,
    run?: () => number,
  ) {
    const entry = instance.exports as unknown as ModuleExports;
    const views = (ports: readonly Port[], address: (index: number) => number) =>
      Object.fromEntries(
        ports.map((port, i) => [
          port.name,
          viewOf(entry.memory.buffer as ArrayBuffer, address(i), port),
        ]),
      );
    this.module = module;
    this.manifest = manifest;
    this.exports = entry;
    this.inputs = views(manifest.inputs, entry[EXPORTS.input]) as T["inputs"];
    this.outputs = views(manifest.outputs, entry[EXPORTS.output]) as T["outputs"];
    this.#run = run ?? entry[EXPORTS.run];
  }

  /**
   * Copies `inputs` in and runs. Inputs left out are taken as they stand in
   * `this.inputs`.
   *
   * @throws RunError run/wrong-dtype, run/wrong-shape
   */
  run(inputs: RunInputs<T> = {}): T["outputs"] {
    for (const [name, value] of Object.entries(inputs)) {
      const port = this.manifest.inputs.find(input => input.name === name);
      if (port === undefined) throw unknownInput(name, this.manifest);
      write(this.inputs[name]!, port, value);
    }
    const status = this.#run();
    if (status !== STATUS_OK) {
      throw new RunError("run/not-tritc", EXPORTS.run, `status ${STATUS_OK}`, `${status}`);
    }
    return this.outputs;
  }

  /** Another instance: memory of its own, the same compiled code. */
  async instantiate(): Promise<Model<T>> {
    return instantiate<T>(this.module, this.manifest);
  }
}

/** Compiles and instantiates a module. @throws RunError run/not-tritc, run/no-simd */
export async function load<T extends ModelTypes = ModelTypes>(
  source: ModuleSource,
): Promise<Model<T>> {
  const module = await compileSource(source);
  return instantiate<T>(module, manifestOf(module));
}

async function instantiate<T extends ModelTypes>(
  module: WebAssembly.Module,
  manifest: Manifest,
): Promise<Model<T>> {
  const { threads } = manifest.options;
  if (threads !== undefined) throw hasThreads(threads);
  const instance = await WebAssembly.instantiate(module, commandImports(module));
  checkAbi(instance);
  return new Model<T>(module, manifest, instance);
}

/** @throws RunError run/not-tritc if the instance has another contract */
export function checkAbi(instance: WebAssembly.Instance): void {
  const exports = instance.exports as Partial<ModuleExports>;
  const abi = exports[EXPORTS.abi]?.();
  if (abi === ABI_VERSION) return;
  throw new RunError("run/not-tritc", "the ABI", `version ${ABI_VERSION}`, `${abi}`);
}

function hasThreads(count: number): RunError {
  const got = `one for ${count} threads: load it with tritc/runtime/threads, or compile it without`;
  return new RunError("run/has-threads", "the module", "one for a single thread", got);
}

/** The manifest of a compiled module, without an instance. @throws RunError run/not-tritc */
export function manifestOf(module: WebAssembly.Module): Manifest {
  const [section] = WebAssembly.Module.customSections(module, MANIFEST_SECTION);
  if (section === undefined) {
    throw new RunError("run/not-tritc", "the module", `a section "${MANIFEST_SECTION}"`, "none");
  }
  const manifest = parse(new TextDecoder().decode(section));
  if (isManifest(manifest)) return manifest;
  const found = (manifest as { readonly abi?: unknown } | null | undefined)?.abi;
  const got = found === undefined ? "something else" : `${found}`;
  throw new RunError("run/not-tritc", "the manifest", `that of ABI ${ABI_VERSION}`, got);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A WASI command imports what `_start` calls; running the model needs none of it. */
function commandImports(module: WebAssembly.Module): WebAssembly.Imports {
  const imports: Record<string, Record<string, () => never>> = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    imports[from] ??= {};
    imports[from][name] = () => {
      throw new RunError("run/not-tritc", `${from}.${name}`, "no call", "a call");
    };
  }
  return imports;
}

function unknownInput(name: string, { inputs }: Manifest): RunError {
  const names = inputs.map(input => `"${input.name}"`).join(", ");
  return new RunError("run/wrong-shape", "inputs", names, `"${name}"`);
}
