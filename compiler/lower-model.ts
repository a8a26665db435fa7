/** @file From a model's bytes to the graph that is planned: reading, passes, calibration. */

import type { ActivationChoice, OptimizeChoice, SimdTier, WeightChoice } from "../core/abi.ts";
import { type Diagnostic, problem, UsageError, warning } from "../model/diagnostics/diagnostic.ts";
import type { Graph } from "../model/ir/graph.ts";
import { readOnnx } from "../model/onnx/index.ts";
import {
  calibrate,
  lowerPasses,
  type Pass,
  passList,
  preparePasses,
  type Ranges,
  type RunsOnPlanes,
  runPasses,
  type Sample,
} from "./passes/index.ts";
import { runsOnPlanes, supports } from "./plan/lower/index.ts";

export interface LowerModelOptions {
  readonly weights?: WeightChoice;
  /** `size` unless told. Results are the same, to the bit. */
  readonly optimize?: OptimizeChoice;
  /** Format of calibrated activations; `int8` unless told. */
  readonly activations?: ActivationChoice;
  /** The tier that the graph is for; `simd128` unless told. */
  readonly simd?: SimdTier;
  /** What runs on channel planes, under `speed`, in place of what the tier allows. */
  readonly planes?: RunsOnPlanes;
  /** Binds a symbolic batch. */
  readonly batch?: number;
  /** Name of the graph, in place of the model's own. */
  readonly name?: string;
  /** Inputs to measure the ranges of activations on, which are then held in 8 bits. */
  readonly samples?: Iterable<Sample>;
  /** Ranges measured before, in place of samples. */
  readonly ranges?: Ranges;
  /** The name of the last pass to run. */
  readonly stopAfter?: string;
  /** Verifies the graph after every pass; on unless switched off. */
  readonly verify?: boolean;
  /** Sees the graph after every pass. */
  readonly trace?: (pass: Pass, graph: Graph, changed: boolean) => void;
}

export interface LoweredModel {
  /** What the passes left; the one after `stopAfter`, if that was given. */
  readonly graph: Graph;
  /** The ranges in use, if activations were quantised. */
  readonly ranges?: Ranges;
  /** Warnings. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * @param model the bytes of an ONNX model, or its graph
 * @throws onnx/* graph/* compile/* via ModelError
 */
export function lowerModel(model: Uint8Array | Graph, options: LowerModelOptions): LoweredModel {
  const { weights = "auto", activations = "int8", stopAfter } = options;
  demandPass(stopAfter);
  const source = sourceGraph(model, options);
  const prepare = preparePasses({ weights });
  const prepared = runPasses(source, prepare, runOptions(options));
  if (prepare.some(pass => pass.name === stopAfter)) return { graph: prepared, diagnostics: [] };
  const ranges = rangesFor(prepared, options);
  const planes = planesFor(options);
  const lower = lowerPasses({
    supports,
    activations,
    ...(ranges === undefined ? {} : { ranges }),
    ...(planes === undefined ? {} : { planes }),
  });
  const graph = runPasses(prepared, lower, runOptions(options));
  const diagnostics = weightsOnly(weights, ranges);
  return { graph, diagnostics, ...(ranges === undefined ? {} : { ranges }) };
}

/** What runs on channel planes, whose code takes vectors. */
function planesFor({ optimize, simd, planes }: LowerModelOptions): RunsOnPlanes | undefined {
  if (optimize !== "speed") return undefined;
  return planes ?? (simd === "scalar" ? undefined : runsOnPlanes);
}

function sourceGraph(model: Uint8Array | Graph, { batch, name }: LowerModelOptions): Graph {
  const named = name === undefined ? {} : { name };
  if (!(model instanceof Uint8Array)) return { ...model, ...named };
  return readOnnx(model, { ...named, ...(batch === undefined ? {} : { batch }) });
}

function runOptions({ verify, trace, stopAfter }: LowerModelOptions) {
  return {
    ...(verify === undefined ? {} : { verify }),
    ...(trace === undefined ? {} : { trace }),
    ...(stopAfter === undefined ? {} : { stopAfter }),
  };
}

function rangesFor(graph: Graph, { ranges, samples }: LowerModelOptions): Ranges | undefined {
  if (ranges !== undefined || samples === undefined) return ranges;
  return calibrate(graph, samples);
}

function demandPass(name: string | undefined): void {
  if (name === undefined || passList().some(pass => pass.name === name)) return;
  throw new UsageError(
    problem("usage/bad-option", `there is no pass "${name}"`, {
      at: "--stop-after",
      help: "tritc passes lists them",
    }),
  );
}

function weightsOnly(weights: WeightChoice, ranges: Ranges | undefined): Diagnostic[] {
  if (ranges !== undefined || weights === "auto" || weights === "f32") return [];
  return [
    warning("compile/needs-calibration", `only the weights are ${weights}; activations stay f32`, {
      notes: ["8-bit activations are several times as fast"],
      help: "give samples of the model's data to calibrate on: --calibrate KIND:PATH",
    }),
  ];
}
