/**
 * @file What tritc is timed against: ONNX Runtime, native and in WebAssembly,
 * and TensorFlow.js in WebAssembly; one thread each, every graph optimisation on.
 *
 * The call through JavaScript is part of their time, as it is of ours.
 */

import type { Tensor } from "../core/tensor.ts";
import type { Graph } from "../model/ir/graph.ts";
import { openTfjs } from "./tfjs-rival.ts";
import type { Candidate } from "./timing.ts";

/** `f32` is the float model, `int8` the same one with QuantizeLinear/DequantizeLinear pairs. */
export interface RivalModels {
  readonly f32: Uint8Array;
  readonly int8: Uint8Array;
}

export interface Rival {
  readonly name: string;
  readonly runtime: "onnxruntime-node" | "onnxruntime-web" | "tfjs";
  readonly weights: keyof RivalModels;
}

/** `graph` and `bytes` are the same model, for those that walk it and those that read it. */
export interface RivalModel {
  readonly graph: Graph;
  readonly bytes: Uint8Array;
  readonly input: Tensor<"f32">;
}

export const RIVALS: readonly Rival[] = [
  { name: "ort-node-f32", runtime: "onnxruntime-node", weights: "f32" },
  { name: "ort-node-int8", runtime: "onnxruntime-node", weights: "int8" },
  { name: "ort-web-f32", runtime: "onnxruntime-web", weights: "f32" },
  { name: "ort-web-int8", runtime: "onnxruntime-web", weights: "int8" },
  { name: "tfjs-wasm", runtime: "tfjs", weights: "f32" },
];

export async function openRival(rival: Rival, model: RivalModel): Promise<Candidate> {
  if (rival.runtime === "tfjs") return openTfjs(model.graph, model.input);
  return openOrt(rival.name, rival.runtime, model.bytes, model.input);
}

async function openOrt(
  name: string,
  packageName: string,
  bytes: Uint8Array,
  input: Tensor<"f32">,
): Promise<Candidate> {
  const runtime = (await import(packageName)) as typeof import("onnxruntime-node");
  runtime.env.wasm.numThreads = 1;
  const session = await runtime.InferenceSession.create(bytes, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    graphOptimizationLevel: "all",
    executionProviders: [runtime.env.versions.node ? "cpu" : "wasm"],
  });
  const feeds = {
    [session.inputNames[0]!]: new runtime.Tensor("float32", input.data, [...input.shape]),
  };
  return { name, run: () => session.run(feeds) };
}
