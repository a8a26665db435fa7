/** @file What a lowering works on: one node, its operands' places, and the calls it makes. */

import type { LayerReport, SimdTier } from "../../core/abi.ts";
import type { Interval } from "../../core/interval.ts";
import type { Tensor } from "../../core/tensor.ts";
import { InternalError } from "../../model/diagnostics/diagnostic.ts";
import type { Graph, Node, NodeId } from "../../model/ir/graph.ts";
import type { Costs } from "../costs/costs.ts";
import type { Argument } from "./argument.ts";
import type { Phases, PlanesPlace } from "./channel-planes.ts";
import type { Draft, Touch } from "./draft.ts";
import { haloOf, planesUseOf } from "./lower/index.ts";
import type { Nodes, Step, WeightFacts } from "./lower/lowering.ts";
import type { PlaneMethodName } from "./lower/methods.ts";
import type { Choice, StaticRole } from "./plan.ts";
import { byCost, type Candidate, type KernelRow } from "./select.ts";
import { labelOf } from "./storage.ts";
import { rangeOf } from "./value-range.ts";
import { type BufferBlock, hasHalo, type View } from "./view.ts";

/** Where values are; asking for a copy makes it. */
export interface Places {
  readonly view: (id: NodeId) => View;
  readonly padded: (id: NodeId) => View;
  /** The planes in so many phases; without, those that the producer writes. */
  readonly planes: (id: NodeId, phases?: Phases) => PlanesPlace;
  /** Copies a value from where it is. */
  readonly copy: (id: NodeId, target: View, step: Step) => void;
}

/** What kernels are chosen by, and what was chosen before. */
export interface NodeChoices {
  readonly costs: Costs;
  readonly method: PlaneMethodName | undefined;
  readonly codeAtLoad: boolean;
  readonly tier: SimdTier;
  readonly threads: number;
}

/** What reports call code that is written for a layer. */
const CODE = "code";

export class NodeStep implements Step {
  readonly operands: readonly Node[];
  readonly method: PlaneMethodName | undefined;
  readonly codeAtLoad: boolean;
  readonly tier: SimdTier;
  readonly threads: number;
  readonly #node: Node;
  readonly #graph: Graph;
  readonly #draft: Draft;
  readonly #kernels: (family: string) => readonly KernelRow[];
  readonly #places: Places;
  readonly #costs: Costs;
  readonly #used = new Set<string>();
  #facts: WeightFacts | undefined;
  /** How the node's kernel was chosen, if there was a choice. */
  choice: Choice | undefined;

  constructor(
    node: Node,
    graph: Graph,
    draft: Draft,
    kernels: (family: string) => readonly KernelRow[],
    places: Places,
    { costs, method, codeAtLoad, tier, threads }: NodeChoices,
  ) {
    this.operands = node.inputs.map(id => graph.nodes[id]!);
    this.method = method;
    this.codeAtLoad = codeAtLoad;
    this.tier = tier;
    this.threads = threads;
    this.#costs = costs;
    this.#node = node;
    this.#graph = graph;
    this.#draft = draft;
    this.#kernels = kernels;
    this.#places = places;
  }

  get nodes(): Nodes {
    return this.#graph;
  }

  get result(): View {
    return this.#places.view(this.#node.id);
  }

  get resultPlanes(): PlanesPlace {
    return this.#places.planes(this.#node.id);
  }

  fillHalo(): void {
    this.#draft.fillFrame(this.resultPlanes.block.name);
  }

  scratch(bytes: number): BufferBlock {
    return this.#draft.scratch(`${labelOf(this.#node)} (scratch)`, bytes);
  }

  view(index: number): View {
    return this.#places.view(this.operands[index]!.id);
  }

  padded(index: number): View {
    const { id } = this.operands[index]!;
    return hasHalo(haloOf(this.#node)) ? this.#places.padded(id) : this.#places.view(id);
  }

  planes(index: number): PlanesPlace {
    const form = planesUseOf(this.#node).operands[index];
    if (typeof form !== "object") {
      throw new InternalError(`${labelOf(this.#node)} did not ask for planes of operand ${index}`);
    }
    return this.#places.planes(this.operands[index]!.id, form.phases);
  }

  copyOperand(index: number, target: View): void {
    this.#places.copy(this.operands[index]!.id, target, this);
  }

  range(index: number): Interval {
    return rangeOf(this.#graph, this.operands[index]!.id);
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
    const [best, ...rejected] = byCost(candidates, this.#costs);
    if (best === undefined) throw new InternalError(`${labelOf(this.#node)} has no candidates`);
    this.choice = {
      value: labelOf(this.#node),
      candidates: [best, ...rejected].map(({ kernel, ns, bytes }) => ({
        kernel: kernel.name,
        ns,
        bytes,
      })),
    };
    best.run();
  }

  call(kernel: KernelRow, args: readonly Argument[], touch: Touch, roomBytes?: number): void {
    this.#used.add(kernel.name);
    const label = labelOf(this.#node);
    const room =
      roomBytes === undefined ? undefined : this.#draft.reserve(`${label} code`, roomBytes);
    this.#draft.call(kernel.name, args, touch, label, room);
  }

  callCode(body: Uint8Array, args: readonly Argument[], touch: Touch): void {
    this.#used.add(CODE);
    const name = this.#draft.addCode(this.#node.name ?? `%${this.#node.id}`, body);
    this.#draft.call(name, args, touch, labelOf(this.#node));
  }

  report(facts: WeightFacts): void {
    this.#facts = facts;
  }

  /** What reports say of the node; `undefined` if it made no calls. */
  layer(): WeightsReport | undefined {
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
}

/** The part of a layer's report that its node knows. */
type WeightsReport = Omit<LayerReport, "calls" | "dataBytes" | "codeBytes" | "predictedNs">;

const NO_WEIGHTS = {
  weights: "none",
  weightCount: 0,
  sparsity: 0,
  storedBytes: 0,
  macs: 0,
} as const;
