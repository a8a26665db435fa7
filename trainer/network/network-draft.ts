/** @file A network while it is read off a graph: steps so far, and which node stands for which. */

import type { Tensor } from "../../core/tensor.ts";
import { type Graph, type Node, type NodeId, readersOf } from "../../model/ir/graph.ts";
import { NETWORK_INPUT, type Step, type StepIndex } from "./network.ts";

export class NetworkDraft {
  readonly graph: Graph;
  readonly steps: Step[] = [];
  readonly parameters = new Map<string, Tensor<"f32">>();
  readonly #stepOf = new Map<NodeId, StepIndex>();
  readonly #readers: readonly (readonly NodeId[])[];
  readonly #names = new Set<string>();

  constructor(graph: Graph) {
    this.graph = graph;
    this.#readers = readersOf(graph);
    this.#stepOf.set(graph.inputs[0]!, NETWORK_INPUT);
  }

  /** The step that gives the value of `id`. */
  stepOf(id: NodeId | undefined): StepIndex | undefined {
    return id === undefined ? undefined : this.#stepOf.get(id);
  }

  /** Says that step `index` gives the value of `id`. */
  assign(id: NodeId, index: StepIndex): void {
    this.#stepOf.set(id, index);
  }

  push(step: Step): StepIndex {
    this.steps.push(step);
    return this.steps.length - 1;
  }

  replace(index: StepIndex, step: Step): StepIndex {
    this.steps[index] = step;
    return index;
  }

  /** The step behind `id`, if nothing else reads it. */
  growable(id: NodeId): Step | undefined {
    const index = this.#stepOf.get(id);
    if (index === undefined || this.#readers[id]!.length !== 1 || this.isOutput(id)) return;
    return this.steps[index];
  }

  readersOf(id: NodeId): readonly NodeId[] {
    return this.#readers[id]!;
  }

  isOutput(id: NodeId): boolean {
    return this.graph.outputs.some(output => output.id === id);
  }

  /** The f32 constant `id`. */
  constant(id: NodeId | undefined): Tensor<"f32"> | undefined {
    const node = id === undefined ? undefined : this.graph.nodes[id];
    if (node?.kind !== "const" || node.attrs.tensor.dtype !== "f32") return undefined;
    return node.attrs.tensor as Tensor<"f32">;
  }

  shapeOf(id: NodeId): readonly number[] {
    return this.graph.nodes[id]!.type.shape;
  }

  /** The model's own name for the node, made distinct. */
  nameFor(node: Node): string {
    const own = node.name ?? `${node.kind}${this.steps.length}`;
    let name = own;
    for (let i = 2; this.#names.has(name); i++) name = `${own}.${i}`;
    this.#names.add(name);
    return name;
  }
}
