/** @file Runs the lowering of every node, in schedule order, over a draft. */

import type { LayerReport, SimdTier } from "../../core/abi.ts";
import { dtypeBytes } from "../../core/dtype.ts";
import { bytesOf } from "../../core/tensor.ts";
import { InternalError } from "../../model/diagnostics/diagnostic.ts";
import type { Graph, Node, NodeId } from "../../model/ir/graph.ts";
import type { Costs } from "../costs/costs.ts";
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
}

export interface Schedule {
  readonly draft: Draft;
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
  const scheduler = new Scheduler(graph, storage, draft, kernels, choices);
  for (const node of graph.nodes) scheduler.lower(node);
  const viewOf = (id: NodeId): View => scheduler.viewOf(id);
  // Outputs that are kept as planes become dense at last.
  for (const { id } of graph.outputs) viewOf(id);
  return { draft, layers: scheduler.layers, choices: scheduler.choices, viewOf };
}

class Scheduler {
  readonly layers: LayerReport[] = [];
  readonly choices: Choice[] = [];
  readonly #graph: Graph;
  readonly #storage: Storage;
  readonly #draft: Draft;
  readonly #kernels: (family: string) => readonly KernelRow[];
  readonly #choices: Choices;
  /** Copies that are made, by value and kind. */
  readonly #copied = new Set<string>();

  constructor(
    graph: Graph,
    storage: Storage,
    draft: Draft,
    kernels: (family: string) => readonly KernelRow[],
    choices: Choices,
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
    lowering.lower(node, step);
    const layer = step.layer();
    if (layer !== undefined) this.layers.push(layer);
    if (step.choice !== undefined) this.choices.push(step.choice);
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
    const { costs } = this.#choices;
    const method = this.#methodOf(node);
    return new NodeStep(node, this.#graph, this.#draft, this.#kernels, places, { costs, method });
  }

  #methodOf({ inputs }: Node): PlaneMethodName | undefined {
    const weights = this.#graph.nodes[inputs[1] ?? -1];
    if (weights?.kind !== "const") return undefined;
    const method = this.#choices.methods?.get(weights.attrs.tensor);
    return method === "kernels" ? undefined : method;
  }
}
