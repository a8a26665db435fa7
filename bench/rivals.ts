/**
 * @file What tritc is timed against: ONNX Runtime, native and in WebAssembly,
 * one thread each, every graph optimisation on.
 *
 * The call through JavaScript is part of their time, as it is of ours.
 */

import type { Tensor } from "../core/tensor.ts";
import type { Candidate } from "./timing.ts";

/** `f32` is the float model, `int8` the same one with QuantizeLinear/DequantizeLinear pairs. */
export interface RivalModels {
  readonly f32: Uint8Array;
  readonly int8: Uint8Array;
}

type Runtime = typeof import("onnxruntime-node");

const PACKAGES = {
  "ort-node": "onnxruntime-node",
  "ort-web": "onnxruntime-web",
} as const;

export async function openRivals(models: RivalModels, input: Tensor<"f32">): Promise<Candidate[]> {
  const candidates: Candidate[] = [];
  for (const [prefix, name] of Object.entries(PACKAGES)) {
    const runtime = (await import(name)) as Runtime;
    runtime.env.wasm.numThreads = 1;
    for (const [kind, bytes] of Object.entries(models) as [keyof RivalModels, Uint8Array][]) {
      candidates.push({ name: `${prefix}-${kind}`, run: await prepare(runtime, bytes, input) });
    }
  }
  return candidates;
}

async function prepare(
  runtime: Runtime,
  bytes: Uint8Array,
  input: Tensor<"f32">,
): Promise<() => Promise<unknown>> {
  const session = await runtime.InferenceSession.create(bytes, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    graphOptimizationLevel: "all",
    executionProviders: [runtime.env.versions.node ? "cpu" : "wasm"],
  });
  const feeds = {
    [session.inputNames[0]!]: new runtime.Tensor("float32", input.data, [...input.shape]),
  };
  return () => session.run(feeds);
}
