/**
 * @file One face for everything that turns an input into scores: a compiled
 * module, or an ONNX model run by ONNX Runtime or, without it, by the oracle.
 */

import type { Port, Preprocess } from "../core/abi.ts";
import { readModelUse } from "../core/metadata.ts";
import type { Tensor } from "../core/tensor.ts";
import {
  type Diagnostic,
  ModelError,
  problem,
  UsageError,
  warning,
} from "../model/diagnostics/diagnostic.ts";
import type { Graph } from "../model/ir/graph.ts";
import { evaluate } from "../model/ops/index.ts";
import { openEngine } from "../trainer/engine/onnxruntime.ts";
import { openModule } from "./module.ts";
import { inputPorts, readModel } from "./onnx-model.ts";
import { isWasm } from "./wasm-file.ts";

const THREADS = 2;

export interface Predictor {
  /** What computes: `wasm`, a package of ONNX Runtime, or `oracle`. */
  readonly engine: string;
  readonly input: Port;
  readonly labels?: readonly string[];
  readonly preprocess?: Preprocess;
  /** The first output for one input tensor. */
  readonly predict: (input: Tensor) => Promise<Tensor>;
  /** What the user should know of the choice of engine. */
  readonly warnings: readonly Diagnostic[];
}

export interface PredictorOptions {
  /** ONNX: binds a symbolic batch. */
  readonly batch?: number | undefined;
}

/** @throws onnx/*, run/not-tritc, data/wrong-shape for models of several inputs */
export async function openPredictor(
  bytes: Uint8Array,
  path: string,
  { batch }: PredictorOptions = {},
): Promise<Predictor> {
  return isWasm(bytes) ? modulePredictor(bytes, path) : onnxPredictor(bytes, path, batch);
}

async function modulePredictor(bytes: Uint8Array, path: string): Promise<Predictor> {
  const module = await openModule(bytes, path);
  const { inputs, outputs, labels, preprocess } = module.manifest;
  const input = onlyInput(inputs, path);
  return {
    engine: "wasm",
    input,
    ...(labels && { labels }),
    ...(preprocess && { preprocess }),
    predict: async tensor => module.run({ [input.name]: tensor })[outputs[0]!.name]!,
    warnings: [],
  };
}

async function onnxPredictor(
  bytes: Uint8Array,
  path: string,
  batch: number | undefined,
): Promise<Predictor> {
  const graph = readModel(bytes, path, batch);
  const input = onlyInput(inputPorts(graph), path);
  const facts = { input, ...readModelUse(graph.metadata) };
  try {
    const engine = await openEngine(THREADS);
    // Its optimiser fails on some quantised models that it runs well without.
    const session = await engine.open(bytes).catch(() => engine.open(bytes, "basic"));
    const output = graph.outputs[0]!.name;
    const predict = async (tensor: Tensor): Promise<Tensor> =>
      (await session.run({ [input.name]: tensor }))[output]!;
    return { ...facts, engine: engine.name, predict, warnings: [] };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      ...facts,
      engine: "oracle",
      predict: oracle(graph, input),
      warnings: [slow(path, reason, error)],
    };
  }
}

function oracle(graph: Graph, input: Port): Predictor["predict"] {
  const output = graph.outputs[0]!.name;
  return async tensor => evaluate(graph, { [input.name]: tensor })[output]!;
}

function slow(path: string, reason: string, error: unknown): Diagnostic {
  const missing = error instanceof UsageError;
  return warning("train/no-engine", "the model is run by the reference evaluator, which is slow", {
    at: path,
    notes: [missing ? "ONNX Runtime is not installed" : `ONNX Runtime refuses it: ${reason}`],
    ...(missing && { help: "npm install onnxruntime-node" }),
  });
}

/** The input that samples are given to. @throws data/wrong-shape if there are several */
export function onlyInput(inputs: readonly Port[], path: string): Port {
  const [first, ...others] = inputs;
  if (first !== undefined && others.length === 0) return first;
  throw new ModelError(
    problem("data/wrong-shape", `the model takes ${inputs.length} inputs, samples are one`, {
      at: path,
      notes: inputs.map(({ name, dtype, shape }) => `${name}: ${dtype}[${shape.join(",")}]`),
      help: "call the module from a program of your own: see the runtime",
    }),
  );
}
