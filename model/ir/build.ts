/**
 * @file Builds a graph node by node, in schedule order.
 *
 * **Value numbering:** `add` returns the existing node for an equal kind,
 * equal inputs and equal attributes, so common subexpressions vanish by
 * construction. Constants compare by content. Names do not count.
 */

import type { DType } from "../../core/dtype.ts";
import { hashOf } from "../../core/hash.ts";
import type { Shape } from "../../core/shape.ts";
import { isTensor, type Tensor } from "../../core/tensor.ts";
import type { OpAttributes } from "./attributes.ts";
import type {
  Graph,
  GraphOutput,
  Node,
  NodeId,
  OpKind,
  TensorQuantization,
  ValueType,
} from "./graph.ts";

/** What a constant says of itself beside its elements. */
export interface ConstantOptions {
  readonly quantization?: TensorQuantization | undefined;
  readonly name?: string | undefined;
}

/** The result type of an op. @throws graph/bad-shape via ModelError */
export type InferType = <K extends OpKind>(
  kind: K,
  inputs: readonly Node[],
  attrs: OpAttributes[K],
) => ValueType;

export class GraphBuilder {
  readonly #infer: InferType;
  readonly #nodes: Node[] = [];
  readonly #numbers = new Map<string, NodeId>();

  constructor(infer: InferType) {
    this.#infer = infer;
  }

  /** The number of nodes so far. */
  get size(): number {
    return this.#nodes.length;
  }

  node(id: NodeId): Node {
    return this.#nodes[id]!;
  }

  typeOf(id: NodeId): ValueType {
    return this.node(id).type;
  }

  /** A model input. Names of inputs are distinct. */
  input(name: string, dtype: DType, shape: Shape): NodeId {
    return this.add("input", [], { name, dtype, shape }, name);
  }

  constant(tensor: Tensor, { quantization, name }: ConstantOptions = {}): NodeId {
    return this.add("const", [], quantization ? { tensor, quantization } : { tensor }, name);
  }

  /** Adds a node, or finds the equal one. @throws graph/bad-shape via ModelError */
  add<K extends OpKind>(
    kind: K,
    inputs: readonly NodeId[],
    attrs: OpAttributes[K],
    name?: string,
  ): NodeId {
    const key = `${kind}(${inputs.join()})${keyOf(attrs)}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const type = this.#infer(
      kind,
      inputs.map(id => this.node(id)),
      attrs,
    );
    const id = this.#nodes.length as NodeId;
    const node = { id, kind, inputs, attrs, type, ...(name === undefined ? {} : { name }) };
    this.#nodes.push(node as unknown as Node);
    this.#numbers.set(key, id);
    return id;
  }

  /** Adds a copy of `node`, whose inputs are ids of this builder. */
  copy(node: Node): NodeId {
    return this.add(node.kind, node.inputs, node.attrs, node.name);
  }

  /**
   * The finished graph: what the outputs need, and every input, renumbered
   * without gaps.
   */
  finish(
    name: string,
    outputs: readonly GraphOutput[],
    metadata: Readonly<Record<string, string>> = {},
  ): Graph {
    const live = this.#reachable(outputs);
    const renumbered = new Map<NodeId, NodeId>();
    const nodes: Node[] = [];
    for (const node of this.#nodes) {
      if (!live.has(node.id)) continue;
      const id = nodes.length as NodeId;
      renumbered.set(node.id, id);
      nodes.push({ ...node, id, inputs: node.inputs.map(input => renumbered.get(input)!) } as Node);
    }
    return {
      name,
      nodes,
      inputs: nodes.filter(node => node.kind === "input").map(node => node.id),
      outputs: outputs.map(output => ({ name: output.name, id: renumbered.get(output.id)! })),
      metadata,
    };
  }

  #reachable(outputs: readonly GraphOutput[]): ReadonlySet<NodeId> {
    const live = new Set<NodeId>();
    const pending = outputs.map(output => output.id);
    for (const node of this.#nodes) if (node.kind === "input") pending.push(node.id);
    for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
      if (live.has(id)) continue;
      live.add(id);
      pending.push(...this.node(id).inputs);
    }
    return live;
  }
}

/** A string that equal attributes share and different ones do not. */
function keyOf(value: unknown): string {
  if (Object.is(value, -0)) return "-0";
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return `[${value.map(keyOf).join()}]`;
  if (isTensor(value)) return `#${hashOf(value)}`;
  const entries = Object.entries(value).filter(([, v]) => v !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([k, v]) => `${k}=${typeof v === "string" ? JSON.stringify(v) : keyOf(v)}`).join()}}`;
}
