/** @file Runs the lowering of every node, in schedule order, over a draft. */

import type { LayerReport, SimdTier } from "../../core/abi.ts";
import { dtypeBytes } from "../../core/dtype.ts";
import { bytesOf, type Tensor } from "../../core/tensor.ts";
import { InternalError } from "../../model/diagnostics/diagnostic.ts";
import type { Graph, Node, NodeId } from "../../model/ir/graph.ts";
import { type Argument, Draft, type Touch } from "./draft.ts";
import { kernelsOf } from "./kernel-library.ts";
import { haloOf, loweringOf } from "./lower/index.ts";
import type { Step, WeightFacts } from "./lower/lowering.ts";
import { callCopy } from "./lower/rows.ts";
import type { Choice, StaticRole } from "./plan.ts";
import { byCost, type Candidate, type KernelRow } from "./select.ts";
import { labelOf, type Storage } from "./storage.ts";
import { denseView, hasHalo, type View } from "./view.ts";

export interface Schedule {
  readonly draft: Draft;
  readonly layers: readonly LayerReport[];
  readonly choices: readonly Choice[];
  /** The place of any value, constants included. */
  readonly viewOf: (id: NodeId) => View;
}

export function scheduleCalls(
  graph: Graph,
  storage: Storage,
  table: readonly KernelRow[],
  tier: SimdTier,
): Schedule {
  const first = (family: string) => kernelsOf(table, family, tier)[0]!;
  const draft = new Draft(storage.frames, () => first("x8_fill").name);
  const scheduler = new Scheduler(graph, storage, draft, family => kernelsOf(table, family, tier));
  for (const node of graph.nodes) scheduler.lower(node);
  const viewOf = (id: NodeId): View => scheduler.viewOf(id);
  const { layers, choices } = scheduler;
  return { draft, layers, choices, viewOf };
}

class Scheduler {
  readonly layers: LayerReport[] = [];
  readonly choices: Choice[] = [];
  readonly #graph: Graph;
  readonly #storage: Storage;
  readonly #draft: Draft;
  readonly #kernels: (family: string) => readonly KernelRow[];
  readonly #copied = new Set<NodeId>();

  constructor(
    graph: Graph,
    storage: Storage,
    draft: Draft,
    kernels: (family: string) => readonly KernelRow[],
  ) {
    this.#graph = graph;
    this.#storage = storage;
    this.#draft = draft;
    this.#kernels = kernels;
  }

  lower(node: Node): void {
    const lowering = loweringOf(node.kind);
    if (lowering === undefined) return;
    const step = new NodeStep(node, this.#graph, this.#draft, this.#kernels, {
      view: id => this.viewOf(id),
      padded: id => this.#paddedView(id),
    });
    lowering.lower(node, step);
    const layer = step.layer();
    if (layer !== undefined) this.layers.push(layer);
    if (step.choice !== undefined) this.choices.push(step.choice);
  }

  viewOf(id: NodeId): View {
    const node = this.#graph.nodes[id]!;
    if (node.kind === "const") return this.#constantView(node);
    const view = this.#storage.views.get(id);
    if (view === undefined) throw new InternalError(`${labelOf(node)} has no place in memory`);
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
    if (!this.#copied.has(id)) {
      this.#copied.add(id);
      const step = new NodeStep(this.#graph.nodes[id]!, this.#graph, this.#draft, this.#kernels);
      callCopy(step, this.viewOf(id), copy);
    }
    return copy;
  }
}

interface Places {
  readonly view: (id: NodeId) => View;
  readonly padded: (id: NodeId) => View;
}

class NodeStep implements Step {
  readonly operands: readonly Node[];
  readonly #node: Node;
  readonly #draft: Draft;
  readonly #kernels: (family: string) => readonly KernelRow[];
  readonly #places: Places | undefined;
  readonly #used = new Set<string>();
  #facts: WeightFacts | undefined;
  /** How the node's kernel was chosen, if there was a choice. */
  choice: Choice | undefined;

  constructor(
    node: Node,
    graph: Graph,
    draft: Draft,
    kernels: (family: string) => readonly KernelRow[],
    places?: Places,
  ) {
    this.operands = node.inputs.map(id => graph.nodes[id]!);
    this.#node = node;
    this.#draft = draft;
    this.#kernels = kernels;
    this.#places = places;
  }

  get result(): View {
    return this.#placed().view(this.#node.id);
  }

  view(index: number): View {
    return this.#placed().view(this.operands[index]!.id);
  }

  padded(index: number): View {
    const { id } = this.operands[index]!;
    return hasHalo(haloOf(this.#node)) ? this.#placed().padded(id) : this.#placed().view(id);
  }

  tensor(index: number): Tensor | undefined {
    const operand = this.operands[index];
    return operand?.kind === "const" ? operand.attrs.tensor : undefined;
  }

  constant(role: StaticRole, data: Uint8Array, what: string) {
    return { block: this.#draft.constant(role, data, `${labelOf(this.#node)} ${what}`), offset: 0 };
  }

  kernel(family: string): KernelRow {
    return this.#kernels(family)[0]!;
  }

  kernels(family: string): readonly KernelRow[] {
    return this.#kernels(family);
  }

  choose(candidates: readonly Candidate[]): void {
    const [best, ...rejected] = byCost(candidates);
    if (best === undefined) throw new InternalError(`${labelOf(this.#node)} has no candidates`);
    this.choice = {
      value: labelOf(this.#node),
      candidates: [best, ...rejected].map(({ kernel, cost }) => ({ kernel: kernel.name, ...cost })),
    };
    best.run();
  }

  call(kernel: KernelRow, args: readonly Argument[], touch: Touch): void {
    this.#used.add(kernel.name);
    this.#draft.call(kernel.name, args, touch, labelOf(this.#node));
  }

  report(facts: WeightFacts): void {
    this.#facts = facts;
  }

  /** What reports say of the node; `undefined` if it made no calls. */
  layer(): LayerReport | undefined {
    if (this.#used.size === 0) return undefined;
    const { weights, weightCount, sparsity, storedBytes, macs } = this.#facts ?? NO_WEIGHTS;
    return {
      name: this.#node.name ?? labelOf(this.#node),
      op: this.#node.kind,
      kernel: [...this.#used].join(" + "),
      weights,
      weightCount,
      sparsity,
      bitsPerWeight: weightCount === 0 ? 0 : (storedBytes * 8) / weightCount,
      macs,
    };
  }

  #placed(): Places {
    if (this.#places === undefined) throw new InternalError("a copy asked for places");
    return this.#places;
  }
}

const NO_WEIGHTS = {
  weights: "none",
  weightCount: 0,
  sparsity: 0,
  storedBytes: 0,
  macs: 0,
} as const;
