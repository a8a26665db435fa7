/** @file The work of `tritc compile`: model and samples in, a module and what is known about it out. */

import type { Costs } from "../compiler/costs/costs.ts";
import { parseCosts } from "../compiler/costs/parse-costs.ts";
import {
  type Compilation,
  type CompileOptions,
  compile,
  type LowerModelOptions,
  lowerModel,
} from "../compiler/index.ts";
import type {
  ActivationChoice,
  Engine,
  OptimizeChoice,
  Port,
  SimdTier,
  TargetName,
  WeightChoice,
} from "../core/abi.ts";
import { readModelUse } from "../core/metadata.ts";
import { placedIn } from "../model/diagnostics/placed-in.ts";
import type { Graph } from "../model/ir/graph.ts";
import { TARGETS } from "../targets/index.ts";
import { loadKernelLibrary } from "../targets/kernel-files.ts";
import { type Dataset, firstSamples } from "../trainer/data/dataset.ts";
import type { Normalization } from "../trainer/data/model-input.ts";
import { openData } from "../trainer/data/open.ts";
import { calibrationSamples } from "./calibration.ts";
import { passTrace, showCompilation } from "./debug.ts";
import { readInput } from "./files.ts";
import { type Loss, measureLoss } from "./loss.ts";
import { inputPorts, readModel } from "./onnx-model.ts";
import { type DataFlags, normalizationOf, openOptions } from "./options.ts";
import { onlyInput, openPredictor } from "./predictor.ts";
import type { Terminal } from "./terminal.ts";

/** Most samples that the loss is measured on: enough to see a point, soon done. */
const LOSS_SAMPLES = 1000;

export interface CompileRequest extends DataFlags {
  readonly target: TargetName;
  readonly simd?: SimdTier;
  readonly weights: WeightChoice;
  readonly optimize: OptimizeChoice;
  readonly activations: ActivationChoice;
  readonly batch?: number;
  readonly calibrate?: string;
  readonly calibrateSamples: number;
  readonly maxBytes?: number;
  readonly specializeAtLoad?: true;
  /** `true`: as many as are usual. */
  readonly threads?: number | true;
  readonly engine?: Engine;
  /** A file of costs, in place of the engine's. */
  readonly costs?: string;
}

export interface CompiledModel {
  readonly compilation: Compilation;
  /** Present where there were samples and something was quantised. */
  readonly loss?: Loss;
}

/** The graph after the pass `stopAfter`. @throws as `compileModel` */
export async function lowerUntil(
  bytes: Uint8Array,
  path: string,
  request: CompileRequest,
  stopAfter: string,
  terminal: Terminal,
): Promise<Graph> {
  const samples = await openSamples(bytes, path, request);
  const simd = request.simd ?? TARGETS[request.target].simd;
  const options = { ...optionsFor(request, samples), simd, stopAfter, ...passTrace(terminal) };
  return placedIn(path, () => lowerModel(bytes, options).graph);
}

/** @throws onnx/*, graph/*, compile/*, data/*, file/unreadable */
export async function compileModel(
  bytes: Uint8Array,
  path: string,
  request: CompileRequest,
  terminal: Terminal,
): Promise<CompiledModel> {
  const samples = await openSamples(bytes, path, request);
  const options: CompileOptions = {
    ...optionsFor(request, samples),
    ...passTrace(terminal),
    target: TARGETS[request.target],
    kernels: loadKernelLibrary(),
    ...(request.simd && { simd: request.simd }),
    ...(request.engine && { engine: request.engine }),
    ...(request.maxBytes && { maxBytes: request.maxBytes }),
    ...(request.specializeAtLoad && { specializeAtLoad: true }),
    ...(request.threads && { threads: threadsOf(request.threads) }),
    ...(request.costs && { costs: readCostsFile(request.costs) }),
  };
  const compilation = placedIn(path, () => compile(bytes, options));
  showCompilation(terminal, compilation);
  if (samples === undefined) return { compilation };
  const { samples: _, trace: __, maxBytes: ___, ...plain } = options;
  const float = placedIn(path, () => compile(bytes, { ...plain, weights: "f32" }));
  const dataset = firstSamples(samples.dataset, LOSS_SAMPLES);
  const predictors = [float, compilation].map(({ wasm }) => openPredictor(wasm, path));
  const [reference, quantized] = await Promise.all(predictors);
  const loss = await measureLoss(reference!, quantized!, dataset, samples.normalization);
  return { compilation, loss };
}

const DEFAULT_THREADS = 2;

function threadsOf(threads: number | true): number {
  return threads === true ? DEFAULT_THREADS : threads;
}

/** @throws file/unreadable, compile/bad-costs */
function readCostsFile(path: string): Costs {
  return parseCosts(new TextDecoder().decode(readInput(path)), path);
}

interface Samples {
  readonly dataset: Dataset;
  readonly input: Port;
  readonly normalization: Normalization;
}

async function openSamples(
  bytes: Uint8Array,
  path: string,
  request: CompileRequest,
): Promise<Samples | undefined> {
  const graph = readModel(bytes, path, request.batch);
  if (request.calibrate === undefined) return undefined;
  const input = onlyInput(inputPorts(graph), path);
  const { preprocess } = readModelUse(graph.metadata);
  const dataset = await openData(request.calibrate, openOptions(request));
  return { dataset, input, normalization: { preprocess, ...normalizationOf(request) } };
}

function optionsFor(request: CompileRequest, samples: Samples | undefined): LowerModelOptions {
  const { weights, optimize, activations, batch, calibrateSamples } = request;
  return {
    weights,
    optimize,
    activations,
    ...(batch !== undefined && { batch }),
    ...(samples && {
      samples: calibrationSamples(
        samples.dataset,
        calibrateSamples,
        samples.input,
        samples.normalization,
      ),
    }),
  };
}
