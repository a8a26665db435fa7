/** @file Compares a module with the oracle, bit for bit. */

import {
  ABI_VERSION,
  EXPORTS,
  type Manifest,
  MEMORY_IMPORT,
  type ModuleExports,
  STATUS_OK,
} from "../core/abi.ts";
import { allocate } from "../core/dtype.ts";
import { digestOf } from "../core/hash.ts";
import { elementCount } from "../core/shape.ts";
import { bytesOf, numberAt, type Tensor, tensor } from "../core/tensor.ts";
import { InternalError, ModelError, problem } from "../model/diagnostics/diagnostic.ts";
import type { Graph } from "../model/ir/graph.ts";
import { evaluate } from "../model/ops/index.ts";
import { lowerModel } from "./lower-model.ts";
import type { Sample } from "./passes/index.ts";
import { PAGE_BYTES } from "./plan/plan.ts";

export interface Difference {
  /** Index of the sample, name of the output, index of the element. */
  readonly sample: number;
  readonly output: string;
  readonly element: number;
  readonly expected: number;
  readonly got: number;
}

export interface Verdict {
  readonly samples: number;
  readonly identical: boolean;
  readonly firstDifference?: Difference;
}

/**
 * The graph that `manifest`'s module computes, made again from its model.
 *
 * @throws run/not-tritc if the model is another one
 */
export function rebuild(model: Uint8Array, manifest: Manifest): Graph {
  if (digestOf(model) !== manifest.modelDigest) {
    throw new ModelError(
      problem("run/not-tritc", "the module was made from another model", {
        notes: [`it records SHA-256 ${manifest.modelDigest}, the model's is ${digestOf(model)}`],
        help: "verify a module against the very file it was compiled from",
      }),
    );
  }
  const { name, simd, options } = manifest;
  return lowerModel(model, { name, simd, ...options }).graph;
}

/**
 * Runs `wasm` and the oracle on every sample. Stops at the first difference.
 *
 * @throws run/not-tritc if `wasm` is no valid WebAssembly
 */
export function verifyModule(
  graph: Graph,
  wasm: Uint8Array,
  manifest: Manifest,
  samples: Iterable<Sample>,
): Verdict {
  const run = instantiate(wasm, manifest);
  let count = 0;
  for (const sample of samples) {
    const expected = evaluate(graph, sample);
    const got = run(sample);
    const difference = firstDifference(expected, got, count);
    count++;
    if (difference !== undefined) {
      return { samples: count, identical: false, firstDifference: difference };
    }
  }
  return { samples: count, identical: true };
}

type Outputs = Readonly<Record<string, Tensor>>;

function firstDifference(expected: Outputs, got: Outputs, sample: number): Difference | undefined {
  for (const [output, value] of Object.entries(expected)) {
    const other = got[output]!;
    for (let element = 0; element < value.data.length; element++) {
      if (Object.is(value.data[element], other.data[element])) continue;
      return {
        sample,
        output,
        element,
        expected: numberAt(value, element),
        got: numberAt(other, element),
      };
    }
  }
  return undefined;
}

/** The module as a function. Imports of a command are there, but may not be called. */
function instantiate(wasm: Uint8Array, manifest: Manifest): (sample: Sample) => Outputs {
  const module = compiled(wasm);
  const imports = { ...forbiddenImports(module), ...sharedMemory(manifest) };
  const { exports } = new WebAssembly.Instance(module, imports);
  const { memory, ...entry } = exports as unknown as ModuleExports;
  if (entry[EXPORTS.abi]() !== ABI_VERSION) throw new InternalError("the module's ABI is unknown");
  return sample => {
    for (const [index, { name, dtype, shape }] of manifest.inputs.entries()) {
      const place = new Uint8Array(memory.buffer, entry[EXPORTS.input](index));
      const value = sample[name];
      if (value?.dtype !== dtype || value.data.length !== elementCount(shape)) {
        throw new InternalError(`the sample does not fit the input ${name}`);
      }
      place.set(bytesOf(value));
    }
    if (entry[EXPORTS.run]() !== STATUS_OK) throw new InternalError("the module failed");
    const outputs = manifest.outputs.map(({ name, dtype, shape }, index) => {
      const data = allocate(dtype, elementCount(shape));
      const result = tensor(dtype, shape, data);
      const from = entry[EXPORTS.output](index);
      bytesOf(result).set(new Uint8Array(memory.buffer, from, data.byteLength));
      return [name, result] as const;
    });
    return Object.fromEntries(outputs);
  };
}

/** What a module for several threads imports; `tritc_run` runs it on one. */
function sharedMemory({ options, memory }: Manifest): WebAssembly.Imports {
  if (options.threads === undefined) return {};
  const pages = memory.peakMemoryBytes / PAGE_BYTES;
  const shared = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  return { [MEMORY_IMPORT.module]: { [MEMORY_IMPORT.base]: shared } };
}

/** @throws run/not-tritc if the file was damaged */
function compiled(wasm: Uint8Array): WebAssembly.Module {
  try {
    return new WebAssembly.Module(wasm as BufferSource);
  } catch (error) {
    if (!(error instanceof WebAssembly.CompileError)) throw error;
    throw new ModelError(
      problem("run/not-tritc", "the module is no valid WebAssembly", {
        notes: [error.message],
        help: "the file was damaged: make it again with tritc compile",
      }),
    );
  }
}

function forbiddenImports(module: WebAssembly.Module): WebAssembly.Imports {
  const imports: Record<string, Record<string, WebAssembly.ImportValue>> = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    imports[from] ??= {};
    imports[from][name] = () => {
      throw new InternalError(`running the model called ${from}.${name}`);
    };
  }
  return imports;
}
