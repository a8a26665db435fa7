/**
 * @file ONNX Runtime as the engine: the native package if it is installed,
 * else the WebAssembly one, which is several times slower.
 *
 * Both are optional peers. Results are the same bits from run to run for one
 * package, machine and number of threads.
 */

import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import type { DType } from "../../core/dtype.ts";
import type { Tensor } from "../../core/tensor.ts";
import { problem, UsageError } from "../../model/diagnostics/diagnostic.ts";
import { probeBlocks } from "./blocked/probe.ts";
import type { Engine, Feeds, Session } from "./engine.ts";

/** What both packages export. */
type Runtime = typeof import("onnxruntime-node");

const ORT_TYPES: { readonly [D in DType]?: OrtTensor.Type } = {
  f32: "float32",
  f64: "float64",
  i8: "int8",
  u8: "uint8",
  i32: "int32",
  i64: "int64",
  bool: "bool",
};
const DTYPES = new Map(Object.entries(ORT_TYPES).map(([dtype, type]) => [type, dtype as DType]));

/** The packages that can be the engine, the preferred one first. */
export const ENGINE_PACKAGES: readonly string[] = ["onnxruntime-node", "onnxruntime-web"];

/** Threads that wait sleep, so that other processes do not slow a run down out of proportion. */
const SESSION_CONFIGURATION = { session: { intra_op: { allow_spinning: "0" } } };

/** Opens the first of `packages` that is installed. @throws train/no-engine via UsageError */
export async function openEngine(
  threads: number,
  packages: readonly string[] = ENGINE_PACKAGES,
): Promise<Engine> {
  for (const name of packages) {
    const runtime = await importRuntime(name);
    if (runtime !== undefined) return engineOf(runtime, name, threads);
  }
  throw new UsageError(
    problem("train/no-engine", "training needs ONNX Runtime, and it is not installed", {
      notes: [`looked for the packages ${packages.join(" and ")}`],
      help: "npm install --save-dev onnxruntime-node (onnxruntime-web works too, more slowly)",
    }),
  );
}

async function importRuntime(name: string): Promise<Runtime | undefined> {
  try {
    return (await import(name)) as Runtime;
  } catch (error) {
    const code = (error as { code?: string }).code;
    if (code === "ERR_MODULE_NOT_FOUND" || code === "ERR_DLOPEN_FAILED") return undefined;
    throw error;
  }
}

function engineOf(runtime: Runtime, name: string, wanted: number): Engine {
  // In WebAssembly under Node a second thread makes training slower.
  const threads = name === "onnxruntime-web" ? 1 : wanted;
  runtime.env.wasm.numThreads = threads;
  const options: InferenceSession.SessionOptions = {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: "sequential",
    logSeverityLevel: 3,
    extra: SESSION_CONFIGURATION,
  };
  const open: Engine["open"] = async (model, graphOptimizationLevel = "all") => {
    const session = await runtime.InferenceSession.create(model, {
      ...options,
      graphOptimizationLevel,
    });
    return sessionOf(runtime, session);
  };
  let block: Promise<number | undefined> | undefined;
  return {
    name: `${name} ${runtime.env.versions.common ?? ""}`.trim(),
    threads,
    blockSize: () => {
      block ??= probeBlocks(open);
      return block;
    },
    open,
  };
}

function sessionOf(runtime: Runtime, session: InferenceSession): Session {
  return {
    run: async feeds => {
      const results = await session.run(wrapAll(runtime, feeds));
      return Object.fromEntries(
        Object.entries(results).map(([name, value]) => [name, unwrap(value)]),
      );
    },
    release: () => session.release(),
  };
}

function wrapAll(runtime: Runtime, feeds: Feeds): Record<string, OrtTensor> {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, { dtype, shape, data }]) => {
      const type = ORT_TYPES[dtype]!;
      return [name, new runtime.Tensor(type, data as Float32Array, shape) as OrtTensor];
    }),
  );
}

function unwrap(value: OrtTensor): Tensor {
  const dtype = DTYPES.get(value.type)!;
  return { dtype, shape: value.dims, data: value.data } as Tensor;
}
