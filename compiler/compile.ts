/** @file The whole road: a model's bytes in, a module's bytes out. Pure. */

import {
  DEFAULT_ENGINE,
  type Engine,
  type Manifest,
  type MethodName,
  type SimdTier,
  type TargetName,
} from "../core/abi.ts";
import { digestOf } from "../core/hash.ts";
import { type ModelUse, readModelUse } from "../core/metadata.ts";
import { type Diagnostic, problem, UsageError } from "../model/diagnostics/diagnostic.ts";
import type { Graph, Node } from "../model/ir/graph.ts";
import { printGraph } from "../model/ir/print.ts";
import type { Choosing, Point } from "./choose/index.ts";
import type { Costs } from "./costs/costs.ts";
import { type Artefact, type ArtefactKind, writeArtefact } from "./emit/artefact.ts";
import { commandShell, shellBytes } from "./emit/command.ts";
import { readLibrary } from "./emit/library.ts";
import { type ModelFacts, manifestOf } from "./emit/manifest.ts";
import { emitWasm, type ModuleSource } from "./emit/module.ts";
import {
  type LoweredModel,
  type LowerModelOptions,
  lowerModel,
  withMethods,
} from "./lower-model.ts";
import { planGraph } from "./plan/index.ts";
import type { KernelLibrary } from "./plan/kernel-library.ts";
import type { Methods } from "./plan/lower/methods.ts";
import type { Plan } from "./plan/plan.ts";
import type { Choices } from "./plan/schedule.ts";
import { emitWithin, Planner, type PlannerOptions } from "./planner.ts";

/** The part of a target's record that the compiler needs; see targets/. */
export interface CompileTarget {
  readonly name: TargetName;
  /** Whether the module is a WASI command as well. */
  readonly shell: boolean;
  /** The instruction set that every engine of this kind has had for years. */
  readonly simd: SimdTier;
}

/** What only the second half of the compiler needs to know. */
export interface BackendOptions {
  readonly target: CompileTarget;
  readonly kernels: KernelLibrary;
  /** In place of the target's own tier. */
  readonly simd?: SimdTier;
  /** The engine whose costs choose; `v8-13` unless told. Any engine runs the module. */
  readonly engine?: Engine;
  /** In place of the engine's own. */
  readonly costs?: Costs;
  /** Under `speed`: leave the code of layers to the loader, and ship lists of weights in its place. */
  readonly specializeAtLoad?: boolean;
  /** How many threads share a run, over one memory; 1 unless told. */
  readonly threads?: number;
}

export interface CompileOptions
  extends Omit<LowerModelOptions, "stopAfter" | "decide">,
    BackendOptions {
  /** The most that the module may take. */
  readonly maxBytes?: number;
  /** The method of every layer that it can compute, in place of a choice. */
  readonly method?: MethodName;
}

/** Where a lowered graph comes from, for the manifest. */
export type Origin = Pick<
  ModelFacts,
  | "modelDigest"
  | "weights"
  | "optimize"
  | "activations"
  | "batch"
  | "specializeAtLoad"
  | "engine"
  | "maxBytes"
>;

export interface Compilation {
  readonly wasm: Uint8Array<ArrayBuffer>;
  readonly manifest: Manifest;
  /** The graph that the module computes. */
  readonly graph: Graph;
  readonly plan: Plan;
  /** What the planner could choose from, where it did. */
  readonly choosing?: Choosing;
  /** What it chose. */
  readonly point?: Point;
  /** Warnings. */
  readonly diagnostics: readonly Diagnostic[];
  /** Anything else that can be written about the module. */
  artefact<K extends ArtefactKind>(kind: K): Artefact[K];
}

/**
 * Compiles an ONNX model, or a graph.
 *
 * @throws onnx/* graph/* compile/* via ModelError, all problems of a phase at once
 */
export function compile(model: Uint8Array | Graph, options: CompileOptions): Compilation {
  const { weights = "auto", optimize = "size", activations = "int8", batch } = options;
  const { specializeAtLoad = false, engine, maxBytes, threads } = options;
  if (specializeAtLoad && optimize === "size") throw writesNoCode();
  if (threads !== undefined) demandThreads(threads, options);
  const origin = {
    modelDigest: digestOfModel(model),
    weights,
    optimize,
    activations,
    ...(engine && { engine }),
    ...(maxBytes !== undefined && { maxBytes }),
    ...(specializeAtLoad ? { specializeAtLoad } : {}),
    ...(batch === undefined ? {} : { batch }),
  };
  const { simd = options.target.simd } = options;
  const planner = plannerFor({ ...options, simd, optimize });
  const decide = planner && ((dense: Graph) => planner.decide(dense));
  const lowered = lowerModel(model, { ...options, simd, ...(decide && { decide }) });
  const emit = (methods?: Methods): Compilation => {
    const placed = methods === undefined ? lowered : withMethods(lowered, methods, options);
    return compileLowered(placed, origin, options, planner?.decision?.runnersUp);
  };
  const compilation = maxBytes === undefined ? emit() : emitWithin(planner, maxBytes, emit);
  const point = planner?.decision?.point;
  return {
    ...compilation,
    ...(planner?.choosing && { choosing: planner.choosing }),
    ...(point && { point }),
  };
}

/** Channel planes take vectors; and who says what is on planes has chosen. */
function plannerFor(options: CompileOptions & Pick<PlannerOptions, "simd" | "optimize">) {
  const { simd, planes, target, kernels } = options;
  if (simd === "scalar" || planes !== undefined) return undefined;
  const { kernelParts } = readLibrary(libraryFor(target, kernels, simd));
  const { table } = kernels;
  const codeAtLoad = options.specializeAtLoad === true;
  return new Planner({ ...options, table, kernelParts, codeAtLoad, costs: costsOf(options) });
}

function libraryFor(target: CompileTarget, kernels: KernelLibrary, simd: SimdTier): Uint8Array {
  return (target.shell ? kernels.commands : kernels.modules)[simd];
}

/**
 * Compiles what the passes left.
 *
 * @throws compile/unsupported for every node that no kernel computes
 */
export function compileLowered(
  { graph, methods, ranges, diagnostics }: LoweredModel,
  origin: Origin,
  options: BackendOptions,
  runnersUp?: Choices["runnersUp"],
): Compilation {
  const use = readModelUse(graph.metadata);
  const choices = {
    costs: costsOf(options),
    ...(methods && { methods }),
    ...(runnersUp && { runnersUp }),
  };
  const { plan, source } = planFor(graph, use, options, choices);
  const facts = { ...origin, ...use, ...(ranges === undefined ? {} : { ranges }) };
  const full = { ...source, manifest: manifestOf(plan, facts) };
  return {
    wasm: emitWasm(full),
    manifest: full.manifest,
    graph,
    plan,
    diagnostics,
    artefact: kind => writeArtefact(kind, graph, full),
  };
}

function planFor(
  graph: Graph,
  use: ModelUse,
  options: BackendOptions,
  choices: Choices,
): { plan: Plan; source: Omit<ModuleSource, "manifest"> } {
  const { target, kernels, simd = target.simd } = options;
  const library = libraryFor(target, kernels, simd);
  const labels = use.labels ?? [];
  const plan = planGraph(graph, {
    name: graph.name,
    target: target.name,
    simd,
    table: kernels.table,
    ...choices,
    codeAtLoad: options.specializeAtLoad === true,
    ...(options.threads !== undefined && { threads: options.threads }),
    reservedBytes: readLibrary(library).reservedBytes,
    scratchBytes: target.shell ? shellBytes(portsOf(graph), labels) : 0,
  });
  if (!target.shell) return { plan, source: { plan, library } };
  const { inputs, outputs, memory } = plan;
  const facts = { inputs, outputs, labels, ...use };
  return { plan, source: { plan, library, shell: commandShell(facts, memory.scratchOffset) } };
}

function costsOf({ kernels, engine = DEFAULT_ENGINE, costs }: BackendOptions): Costs {
  return costs ?? kernels.costs[engine];
}

function writesNoCode(): UsageError {
  return new UsageError(
    problem("usage/bad-option", "modules of least size have no code to write at load", {
      at: "--specialize-at-load",
      help: "optimize for speed: the module stays small, and its loader makes it fast",
    }),
  );
}

/** More gain nothing on the networks that are compiled here. */
const MOST_THREADS = 16;

/** @throws usage/bad-option */
function demandThreads(count: number, { target, specializeAtLoad }: BackendOptions): void {
  const isCount = Number.isInteger(count) && count >= 2 && count <= MOST_THREADS;
  const why = !isCount
    ? `a run is shared by 2 to ${MOST_THREADS} threads, not ${count}`
    : target.shell
      ? "a WASI command has one thread"
      : specializeAtLoad === true
        ? "code that is written at load runs on one thread"
        : undefined;
  if (why === undefined) return;
  const help = "compile for web or node, without --specialize-at-load, or without --threads";
  throw new UsageError(problem("usage/bad-option", why, { at: "--threads", help }));
}

/** Names and shapes of all inputs and outputs. */
function portsOf({ nodes, inputs, outputs }: Graph) {
  return [
    ...inputs.map(id => (nodes[id] as Node<"input">).attrs),
    ...outputs.map(({ name, id }) => ({ name, shape: nodes[id]!.type.shape })),
  ];
}

/** SHA-256 of the model file; of the text form, for a graph. */
export function digestOfModel(model: Uint8Array | Graph): string {
  const isFile = model instanceof Uint8Array;
  return digestOf(isFile ? model : new TextEncoder().encode(printGraph(model)));
}
