/**
 * @file Sessions of ONNX Runtime, and nothing else: what a thread of its own
 * loads too, so it must load fast.
 */

import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import type { DType } from "../../core/dtype.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { Feeds, Optimization, Session } from "./engine.ts";

/** What both packages export. */
export type Runtime = typeof import("onnxruntime-node");

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

/** Threads that wait sleep, so that other processes do not slow a run down out of proportion. */
const SESSION_CONFIGURATION = { session: { intra_op: { allow_spinning: "0" } } };

/** The package `name`; `undefined` if it is not installed. */
export async function importRuntime(name: string): Promise<Runtime | undefined> {
  try {
    return (await import(name)) as Runtime;
  } catch (error) {
    const code = (error as { code?: string }).code;
    if (code === "ERR_MODULE_NOT_FOUND" || code === "ERR_DLOPEN_FAILED") return undefined;
    throw error;
  }
}

/** The execution provider that every package has. */
export const CPU = "cpu";

export interface Resources {
  readonly threads: number;
  /** The execution provider; what it lacks runs on the processor. */
  readonly provider: string;
}

export async function openSession(
  runtime: Runtime,
  model: Uint8Array,
  { threads, provider }: Resources,
  graphOptimizationLevel: Optimization = "all",
): Promise<Session> {
  runtime.env.wasm.numThreads = threads;
  const session = await runtime.InferenceSession.create(model, {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: "sequential",
    logSeverityLevel: 3,
    extra: SESSION_CONFIGURATION,
    graphOptimizationLevel,
    ...(provider === CPU ? {} : { executionProviders: [provider] }),
  });
  return sessionOf(runtime, session);
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
