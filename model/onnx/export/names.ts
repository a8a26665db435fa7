/**
 * @file The names of written values.
 *
 * Inputs and outputs keep theirs; every other node keeps the name that it came
 * with. Where several nodes came from one ONNX node, the last one has its name.
 */

import type { Graph, NodeId } from "../../ir/graph.ts";

export class ValueNames {
  readonly #taken = new Set<string>();
  readonly #names = new Map<NodeId, string>();

  constructor(graph: Graph) {
    for (const node of graph.nodes) {
      if (node.kind === "input") this.#assign(node.id, node.attrs.name);
    }
    for (const { name, id } of graph.outputs) {
      this.#taken.add(name);
      const kind = graph.nodes[id]!.kind;
      if (!this.#names.has(id) && kind !== "const") this.#names.set(id, name);
    }
    for (const node of graph.nodes.toReversed()) {
      if (!this.#names.has(node.id)) {
        this.#assign(node.id, this.unique(node.name ?? `${node.kind}_${node.id}`));
      }
    }
  }

  #assign(id: NodeId, name: string): void {
    this.#names.set(id, name);
    this.#taken.add(name);
  }

  of(id: NodeId): string {
    return this.#names.get(id)!;
  }

  /** A name that nothing else has, as close to `wish` as possible; now taken. */
  unique(wish: string): string {
    let name = wish;
    for (let i = 1; this.#taken.has(name) || name === ""; i++) name = `${wish}_${i}`;
    this.#taken.add(name);
    return name;
  }
}
