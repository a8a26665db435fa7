/** @file Runs the lowering of every node, in schedule order, over a draft. */

import type { LayerReport, RunnerUp, SimdTier } from "../../core/abi.ts";
import { dtypeBytes } from "../../core/dtype.ts";
import { bytesOf, type Tensor } from "../../core/tensor.ts";
import { InternalError } from "../../model/diagnostics/diagnostic.ts";
import type { Graph, Node, NodeId } from "../../model/ir/graph.ts";
import { type Costs, priceOf } from "../costs/costs.ts";
import type { Phases, PlanesPlace } from "./channel-planes.ts";
import { Draft } from "./draft.ts";
import { kernelsOf } from "./kernel-library.ts";
import { loweringOf } from "./lower/index.ts";
import type { Step } from "./lower/lowering.ts";
import type { Methods, PlaneMethodName } from "./lower/methods.ts";
import { callNarrow, callSplit, callWiden } from "./lower/planes-copies.ts";
import { callCopy } from "./lower/rows.ts";
import { NodeStep } from "./node-step.ts";
import type { Choice } from "./plan.ts";
import type { KernelRow } from "./select.ts";
import { labelOf, type Storage } from "./storage.ts";
import { denseView, type View } from "./view.ts";

/** What decides where a node can be computed in more than one way. */
export interface Choices {
  readonly costs: Costs;
  /** Absent: each layer's first method that can. */
  readonly methods?: Methods;
  /** What layers would have been otherwise, for reports. */
  readonly runnersUp?: ReadonlyMap<Tensor, RunnerUp>;
  /** Whether code of layers is written by the loader, which finds lists in its place. */
  readonly codeAtLoad?: boolean;
  /** How many threads share the work; 1 unless told. */
  readonly threads?: number;
}

/** What lowering a node added to the draft; a value's copies belong to its first reader. */
export interface NodeShare {
  readonly id: NodeId;
  /** Indices of calls: the first, and the one behind the last. */
  readonly calls: readonly [number, number];
  /** Of constants that no earlier node had. */
  readonly dataBytes: number;
  /** Of functions that are written for the node. */
  readonly codeBytes: number;
}

export interface Schedule {
  readonly draft: Draft;
  readonly shares: readonly NodeShare[];
  readonly layers: readonly LayerReport[];
  readonly choices: readonly Choice[];
  /** The dense place of any value that has one, constants included. */
  readonly viewOf: (id: NodeId) => View;
}

export function scheduleCalls(
  graph: Graph,
  storage: Storage,
  table: readonly KernelRow[],
  tier: SimdTier,
  choices: Choices,
): Schedule {
  const kernels = (family: string) => kernelsOf(table, family, tier);
  const draft = new Draft(storage.frames, family => kernels(family)[0]!.name);
  const scheduler = new Scheduler(graph, storage, draft, kernels, { ...choices, tier });
  for (const node of graph.nodes) scheduler.lower(node);
  const viewOf = (id: NodeId): View => scheduler.viewOf(id);
  // Outputs that are kept as planes become dense at last.
  for (const { id } of graph.outputs) viewOf(id);
  const { shares, layers, choices: made } = scheduler;
  return { draft, shares, layers, choices: made, viewOf };
}

type LayerPlace = Pick<LayerReport, "calls" | "dataBytes" | "codeBytes" | "predictedNs" | "method">;

class Scheduler {
  readonly shares: NodeShare[] = [];
  readonly layers: LayerReport[] = [];
  readonly choices: Choice[] = [];
  readonly #graph: Graph;
  readonly #storage: Storage;
  readonly #draft: Draft;
  readonly #kernels: (family: string) => readonly KernelRow[];
  readonly #choices: Choices & { readonly tier: SimdTier };
  /** Copies that are made, by value and kind. */
  readonly #copied = new Set<string>();

  constructor(
    graph: Graph,
    storage: Storage,
    draft: Draft,
    kernels: (family: string) => readonly KernelRow[],
    choices: Choices & { readonly tier: SimdTier },
  ) {
    this.#graph = graph;
    this.#storage = storage;
    this.#draft = draft;
    this.#kernels = kernels;
    this.#choices = choices;
  }

  lower(node: Node): void {
    const lowering = loweringOf(node.kind);
    if (lowering === undefined) return;
    const step = this.#stepOf(node.id);
    const before = sizeOf(this.#draft);
    lowering.lower(node, step);
    const after = sizeOf(this.#draft);
    const share: NodeShare = {
      id: node.id,
      calls: [before.calls, after.calls],
      dataBytes: after.dataBytes - before.dataBytes,
      codeBytes: after.codeBytes - before.codeBytes,
    };
    this.shares.push(share);
    const layer = step.layer();
    if (layer !== undefined)
      this.layers.push({ ...layer, ...this.#placeOf(node, share, step.choice) });
    if (step.choice !== undefined) this.choices.push(step.choice);
  }

  /** What reports say of a layer beside its weights. */
  #placeOf(node: Node, share: NodeShare, choice: Choice | undefined): LayerPlace {
    const { calls, dataBytes, codeBytes } = share;
    const { costs, methods, runnersUp } = this.#choices;
    const ns = this.#draft.calls
      .slice(...calls)
      .map(({ kernel, work }) => priceOf(costs, kernel, work));
    const predictedNs = Math.round(ns.reduce((sum, time) => sum + time, 0));
    const weights = weightsOf(node, this.#graph)!;
    const method = methods?.get(weights);
    const runnerUp = runnersUp?.get(weights) ?? otherKernel(choice);
    return {
      calls,
      dataBytes,
      codeBytes,
      predictedNs,
      ...(method && { method }),
      ...(runnerUp && { runnerUp }),
    };
  }

  /** The dense place of a value; a copy that the first reader makes, of one kept as planes. */
  viewOf(id: NodeId): View {
    const node = this.#graph.nodes[id]!;
    if (node.kind === "const") return this.#constantView(node);
    const view = this.#storage.views.get(id);
    if (view === undefined) throw new InternalError(`${labelOf(node)} has no place in memory`);
    const home = this.#homeOf(id);
    if (home !== undefined) this.#once(id, "dense", step => callNarrow(step, home, view));
    return view;
  }

  #constantView(node: Node<"const">): View {
    const { tensor } = node.attrs;
    const block = this.#draft.constant("tensor", bytesOf(tensor), labelOf(node));
    return denseView(block, tensor.shape, dtypeBytes(tensor.dtype));
  }

  /** The value with its halo: where it is, or a copy that the first reader makes. */
  #paddedView(id: NodeId): View {
    const copy = this.#storage.copies.get(id);
    if (copy === undefined) return this.viewOf(id);
    const source = this.viewOf(id);
    this.#once(id, "padded", step => callCopy(step, source, copy));
    return copy;
  }

  /** The value as planes: where its producer writes it, or a copy that the first reader makes. */
  #planes(id: NodeId, phases?: Phases): PlanesPlace {
    const home = this.#homeOf(id);
    const place = phases === undefined ? home : this.#storage.planes.get(id)?.places.get(phases);
    if (place === undefined) {
      throw new InternalError(`${labelOf(this.#graph.nodes[id]!)} has no planes`);
    }
    if (home === undefined) {
      const source = this.viewOf(id);
      this.#once(id, `planes ${phases}`, step => callWiden(step, source, place));
    } else if (place !== home) {
      this.#once(id, `planes ${phases}`, step => callSplit(step, home, place));
    }
    return place;
  }

  #copy(id: NodeId, target: View, step: Step): void {
    const home = this.#homeOf(id);
    if (home !== undefined) {
      callNarrow(step, home, target);
      return;
    }
    const source = this.viewOf(id);
    const inPlace = source.block === target.block && source.offset === target.offset;
    if (!inPlace) callCopy(step, source, target);
  }

  #homeOf(id: NodeId): PlanesPlace | undefined {
    return this.#storage.planes.get(id)?.home;
  }

  /** Makes the copy of a value that is called `what`, unless it is made. */
  #once(id: NodeId, what: string, make: (step: Step) => void): void {
    const key = `${id} ${what}`;
    if (this.#copied.has(key)) return;
    this.#copied.add(key);
    make(this.#stepOf(id));
  }

  #stepOf(id: NodeId): NodeStep {
    const places = {
      view: (value: NodeId) => this.viewOf(value),
      padded: (value: NodeId) => this.#paddedView(value),
      planes: (value: NodeId, phases?: Phases) => this.#planes(value, phases),
      copy: (value: NodeId, target: View, step: Step) => this.#copy(value, target, step),
    };
    const node = this.#graph.nodes[id]!;
    const { costs, codeAtLoad = false, tier, threads = 1 } = this.#choices;
    const chosen = { costs, method: this.#methodOf(node), codeAtLoad, tier, threads };
    return new NodeStep(node, this.#graph, this.#draft, this.#kernels, places, chosen);
  }

  #methodOf(node: Node): PlaneMethodName | undefined {
    const method = this.#choices.methods?.get(weightsOf(node, this.#graph)!);
    return method === "kernels" ? undefined : method;
  }
}

/** The constant that makes a layer's method its own; `undefined` for what has none. */
export function weightsOf({ inputs }: Node, { nodes }: Pick<Graph, "nodes">): Tensor | undefined {
  const weights = nodes[inputs[1] ?? -1];
  return weights?.kind === "const" ? weights.attrs.tensor : undefined;
}

/** The second of a layer that only kernels were candidates for. */
function otherKernel(choice: Choice | undefined): RunnerUp | undefined {
  const second = choice?.candidates[1];
  if (second === undefined) return undefined;
  const { kernel, ns, bytes } = second;
  return { method: "kernels", kernel, predictedNs: Math.round(ns), bytes };
}

function sizeOf({ calls, constants, code }: Draft) {
  return {
    calls: calls.length,
    dataBytes: constants.reduce((sum, { data }) => sum + data.length, 0),
    codeBytes: code.reduce((sum, { body }) => sum + body.length, 0),
  };
}
