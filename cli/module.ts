/** @file A module as commands call it: tensors in, tensors out, problems as diagnostics. */

import type { Manifest, Port } from "../core/abi.ts";
import type { ArrayOf } from "../core/dtype.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import { ModelError, problem } from "../model/diagnostics/diagnostic.ts";
import { load, type Model, RunError } from "../runtime/index.ts";
import { load as loadWithThreads } from "../runtime/threads/index.ts";
import { parseWasmFile } from "./wasm-file.ts";

export interface OpenModule {
  readonly manifest: Manifest;
  /** All outputs, by name; valid until the next run. */
  readonly run: (inputs: Readonly<Record<string, Tensor>>) => Readonly<Record<string, Tensor>>;
}

/** @throws run/not-tritc, run/no-simd; what it returns throws run/wrong-shape, run/wrong-dtype */
export async function openModule(bytes: Uint8Array, path: string): Promise<OpenModule> {
  const { manifest } = parseWasmFile(bytes, path);
  const isShared = manifest.options.threads !== undefined;
  const open = isShared ? loadWithThreads : load;
  const model: Model = await translated(path, () => open(bytes as BufferSource));
  return { manifest, run: inputs => runModel(model, inputs, path) };
}

function runModel(
  model: Model,
  inputs: Readonly<Record<string, Tensor>>,
  path: string,
): Record<string, Tensor> {
  const given = Object.entries(inputs).map(([name, value]) => [name, value as never]);
  try {
    const outputs = model.run(Object.fromEntries(given));
    return Object.fromEntries(
      model.manifest.outputs.map(port => [port.name, resultOf(port, outputs[port.name]!)]),
    );
  } catch (error) {
    throw asModelError(error, path);
  }
}

function resultOf({ dtype, shape }: Port, data: unknown): Tensor {
  return tensor(dtype, shape, data as ArrayOf[typeof dtype]);
}

async function translated<R>(path: string, action: () => Promise<R>): Promise<R> {
  try {
    return await action();
  } catch (error) {
    throw asModelError(error, path);
  }
}

/** The same as a diagnostic about the module at `path`, if the runtime threw it. */
export function asModelError(error: unknown, path: string): unknown {
  if (!(error instanceof RunError)) return error;
  const { code, expected, got } = error;
  return new ModelError(
    problem(code, `expected ${expected}, got ${got}`, {
      at: path,
      help: "tritc inspect shows what the module is and takes",
    }),
  );
}
