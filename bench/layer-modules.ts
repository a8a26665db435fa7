/**
 * @file A network by every method, and as the planner chooses: lowered once, so
 * that what is found for its weights serves all modules.
 */

import { type Decision, forcedMethods, methodsFor } from "../compiler/choose/index.ts";
import { readLibrary } from "../compiler/emit/library.ts";
import { type Compilation, compileLowered, lowerModel } from "../compiler/index.ts";
import { withMethods } from "../compiler/lower-model.ts";
import type { Methods } from "../compiler/plan/lower/methods.ts";
import { Planner } from "../compiler/planner.ts";
import {
  type ActivationChoice,
  DEFAULT_ENGINE,
  METHOD_NAMES,
  type MethodName,
  OPTIMIZE_CHOICES,
  type OptimizeChoice,
} from "../core/abi.ts";
import type { Graph } from "../model/ir/graph.ts";
import { TARGETS } from "../targets/index.ts";
import { loadKernelLibrary } from "../targets/kernel-files.ts";
import type { Net } from "./nets.ts";

export interface LayerModules {
  /** One for each way in which the layers are computed; a way is named by its methods. */
  readonly modules: ReadonlyMap<string, Compilation>;
  /** The way that the planner takes. */
  readonly chosen: Readonly<Record<OptimizeChoice, string>>;
}

const BACKEND = { target: TARGETS.node, kernels: loadKernelLibrary() };
const { simd } = BACKEND.target;

/** `net`, whose weights are ternary as they are. */
export function layerModules({ graph, samples }: Net, activations: ActivationChoice): LayerModules {
  const lowered = lowerModel(graph, { samples, activations, simd });
  const dense = lowered.dense!;
  const decisions = OPTIMIZE_CHOICES.map(aim => [aim, decide(dense, aim)] as const);
  const ways = [
    ...METHOD_NAMES.map(method => forcedMethods(dense, method)),
    ...decisions.map(([, { methods }]) => methods),
  ];
  const distinct = new Map(ways.map(methods => [nameOf(methods), methods]));
  return {
    modules: new Map(
      [...distinct].map(([name, methods]) => [
        name,
        compileLowered(withMethods(lowered, methods, {}), { ...ORIGIN, activations }, BACKEND),
      ]),
    ),
    chosen: Object.fromEntries(
      decisions.map(([aim, { methods }]) => [aim, nameOf(methods)]),
    ) as LayerModules["chosen"],
  };
}

const ORIGIN = { modelDigest: "", weights: "auto", optimize: "speed" } as const;

/** What there is to choose from, by methods: aims that have the same share it. */
function decide(dense: Graph, aim: OptimizeChoice): Decision {
  const { table, modules, costs } = BACKEND.kernels;
  const { kernelParts } = readLibrary(modules[simd]);
  const key = methodsFor(aim, false).join();
  const known = PLANNERS.get(dense) ?? new Map<string, Planner>();
  PLANNERS.set(dense, known);
  let planner = known.get(key);
  if (planner === undefined) {
    const prices = { table, kernelParts, costs: costs[DEFAULT_ENGINE] };
    planner = new Planner({ ...prices, optimize: aim, simd, codeAtLoad: false });
    planner.decide(dense);
    known.set(key, planner);
  }
  return planner.choosing!.decide(aim)!;
}

const PLANNERS = new WeakMap<Graph, Map<string, Planner>>();

/** The methods that there are, most frequent first: chains of equal layers mostly have one. */
function nameOf(methods: Methods): string {
  const names = [...methods.values()];
  const countOf = (method: MethodName): number => names.filter(name => name === method).length;
  const used = METHOD_NAMES.filter(method => countOf(method) > 0);
  return used.toSorted((a, b) => countOf(b) - countOf(a)).join("+");
}
