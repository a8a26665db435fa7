/**
 * @file Computes values that depend on constants only, on demand.
 *
 * Shapes, axes and pads often reach an operator through a chain such as
 * Shape → Gather → Concat. The oracle evaluates such chains while the model is read.
 */

import { elementCount } from "../../../core/shape.ts";
import type { Tensor } from "../../../core/tensor.ts";
import type { GraphBuilder } from "../../ir/build.ts";
import type { NodeId } from "../../ir/graph.ts";
import { evaluateNode } from "../../ops/index.ts";

/** Values with more elements than this are not computed. */
const MAX_ELEMENTS = 2 ** 24;

export class Folder {
  readonly #builder: GraphBuilder;
  readonly #values = new Map<NodeId, Tensor | undefined>();

  constructor(builder: GraphBuilder) {
    this.#builder = builder;
  }

  /** The value of `id`, or `undefined` if it depends on an input of the model. */
  valueOf(id: NodeId): Tensor | undefined {
    const pending = [id];
    for (let next = pending.at(-1); next !== undefined; next = pending.at(-1)) {
      const waiting = this.#waitingFor(next);
      if (waiting === undefined) {
        if (!this.#values.has(next)) this.#values.set(next, this.#compute(next));
        pending.pop();
      } else {
        pending.push(waiting);
      }
    }
    return this.#values.get(id);
  }

  #waitingFor(id: NodeId): NodeId | undefined {
    return this.#builder.node(id).inputs.find(input => !this.#values.has(input));
  }

  #compute(id: NodeId): Tensor | undefined {
    const node = this.#builder.node(id);
    if (node.kind === "const") return node.attrs.tensor;
    if (node.kind === "input" || elementCount(node.type.shape) > MAX_ELEMENTS) return undefined;
    const inputs = node.inputs.map(input => this.#values.get(input));
    if (!inputs.every(input => input !== undefined)) return undefined;
    const inputTypes = node.inputs.map(input => this.#builder.typeOf(input));
    return evaluateNode(node, inputs, inputTypes);
  }
}
