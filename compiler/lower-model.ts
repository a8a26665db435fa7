/** @file From a model's bytes to the graph that is planned: reading, passes, calibration. */

import type { ActivationChoice, OptimizeChoice, SimdTier, WeightChoice } from "../core/abi.ts";
import { type Diagnostic, problem, UsageError } from "../model/diagnostics/diagnostic.ts";
import type { Graph } from "../model/ir/graph.ts";
import { type ReadOptions, readOnnx } from "../model/onnx/index.ts";
import {
  calibrate,
  integerPasses,
  passList,
  placingPasses,
  preparePasses,
  type Ranges,
  type RunsOnPlanes,
  runPasses,
  type Sample,
} from "./passes/index.ts";
import type { RunOptions } from "./passes/run-passes.ts";
import { runsOnPlanes, supports } from "./plan/lower/index.ts";
import type { Methods } from "./plan/lower/methods.ts";
import { weightsOf } from "./plan/schedule.ts";
import { uncalibrated } from "./uncalibrated.ts";

export interface LowerModelOptions extends ReadOptions, RunOptions {
  readonly weights?: WeightChoice;
  /** `size` unless told. Results are the same, to the bit. */
  readonly optimize?: OptimizeChoice;
  /** Format of calibrated activations; `int8` unless told. */
  readonly activations?: ActivationChoice;
  /** The tier that the graph is for; `simd128` unless told. */
  readonly simd?: SimdTier;
  /** What runs on channel planes, under `speed`, in place of what the tier allows. */
  readonly planes?: RunsOnPlanes;
  /** Chooses the method of each layer, in place of the two above. */
  readonly decide?: (dense: Graph) => Methods;
  /** Inputs to measure the ranges of activations on, which are then held in 8 bits. */
  readonly samples?: Iterable<Sample>;
  /** Ranges measured before, in place of samples. */
  readonly ranges?: Ranges;
}

export interface LoweredModel {
  /** What the passes left; the one after `stopAfter`, if that was given. */
  readonly graph: Graph;
  /** The same before any layer was brought onto channel planes; absent after `stopAfter`. */
  readonly dense?: Graph;
  /** Of each layer, where they were chosen. */
  readonly methods?: Methods;
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
  const { weights = "auto", activations = "int8", optimize = "size", stopAfter } = options;
  demandPass(stopAfter);
  const source = sourceGraph(model, options);
  const prepare = preparePasses({ weights });
  const prepared = runPasses(source, prepare, options);
  if (prepare.some(pass => pass.name === stopAfter)) return { graph: prepared, diagnostics: [] };
  const ranges = rangesFor(prepared, options);
  const integer = integerPasses({ activations, ...(ranges && { ranges }) });
  const dense = runPasses(prepared, integer, options);
  const diagnostics =
    ranges === undefined ? uncalibrated(dense, { weights, activations, optimize }) : [];
  if (integer.some(pass => pass.name === stopAfter)) return { graph: dense, diagnostics };
  const methods = options.decide?.(dense);
  const planes = methods === undefined ? planesFor(options) : planesOf(methods);
  const graph = placeLayers(dense, planes, options);
  return { graph, dense, diagnostics, ...(methods && { methods }), ...(ranges && { ranges }) };
}

/** `lowered` again, with other methods. @throws as `lowerModel` */
export function withMethods(
  lowered: LoweredModel,
  methods: Methods,
  options: RunOptions,
): LoweredModel {
  const { dense = lowered.graph } = lowered;
  return { ...lowered, methods, graph: placeLayers(dense, planesOf(methods), options) };
}

function placeLayers(dense: Graph, planes: RunsOnPlanes | undefined, options: RunOptions): Graph {
  return runPasses(dense, placingPasses({ supports, ...(planes && { planes }) }), options);
}

/** Layers with a method on planes run there, and the pools between them. */
function planesOf(methods: Methods): RunsOnPlanes {
  return (node, graph) => {
    if (node.kind !== "qconv") return runsOnPlanes(node, graph);
    const method = methods.get(weightsOf(node, graph)!);
    return method !== undefined && method !== "kernels";
  };
}

/** What runs on channel planes, whose code takes vectors. */
function planesFor({ optimize, simd, planes }: LowerModelOptions): RunsOnPlanes | undefined {
  if (optimize !== "speed") return undefined;
  return planes ?? (simd === "scalar" ? undefined : runsOnPlanes);
}

function sourceGraph(model: Uint8Array | Graph, options: ReadOptions): Graph {
  if (model instanceof Uint8Array) return readOnnx(model, options);
  return { ...model, name: options.name ?? model.name };
}

function rangesFor(graph: Graph, options: LowerModelOptions): Ranges | undefined {
  const { ranges, samples, activations } = options;
  if (ranges !== undefined || samples === undefined) return ranges;
  return calibrate(graph, samples, activations);
}

function demandPass(name: string | undefined): void {
  const names = passList().map(pass => pass.name);
  if (name === undefined || names.includes(name)) return;
  throw new UsageError(
    problem("usage/bad-option", `there is no pass "${name}"`, {
      at: "--stop-after",
      notes: [`passes are ${names.join(", ")}`],
      help: "tritc passes says what each does",
    }),
  );
}
