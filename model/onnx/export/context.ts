/**
 * @file The ONNX graph while it is written: nodes, initialisers and names.
 *
 * An exporter emits nodes with names of its own making and returns the value
 * that stands for its node; that value then gets the node's name.
 */

import { create } from "@bufbuild/protobuf";
import { hashOf } from "../../../core/hash.ts";
import type { Shape } from "../../../core/shape.ts";
import { type Tensor, tensorOf } from "../../../core/tensor.ts";
import { type Graph, type Node, type NodeId, nodeAt, type ValueType } from "../../ir/graph.ts";
import {
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  type ValueInfoProto,
} from "../proto/onnx_pb.ts";
import { protoOfTensor } from "../tensor.ts";
import { type Attributes, protoOfAttribute } from "./attributes.ts";
import { ValueNames } from "./names.ts";

/** Layout changes that `nchw` and `nhwc` insert. */
const TO_NCHW = [0, 3, 1, 2];
const TO_NHWC = [0, 2, 3, 1];

export interface ExportSettings {
  readonly opset: number;
  /** Domains beside the standard one whose operators may be used. */
  readonly extensions: readonly string[];
}

export class ExportGraph {
  readonly settings: ExportSettings;
  readonly nodes: NodeProto[] = [];
  readonly initializers: TensorProto[] = [];
  readonly #graph: Graph;
  readonly #names: ValueNames;
  /** ONNX values that stand for nodes; present once a node is written. */
  readonly #values = new Map<NodeId, string>();
  /** What is known to be the same value in another form, by form and name. */
  readonly #forms = new Map<string, string>();
  readonly #constants = new Map<string, string>();
  /** Names that values get in the end, in place of those that they were made under. */
  readonly #renamed = new Map<string, string>();
  /** The node being written. */
  #current: NodeId = 0 as NodeId;

  constructor(graph: Graph, settings: ExportSettings) {
    this.#graph = graph;
    this.#names = new ValueNames(graph);
    this.settings = settings;
  }

  node(id: NodeId): Node {
    return nodeAt(this.#graph, id);
  }

  typeOf(id: NodeId): ValueType {
    return this.node(id).type;
  }

  /** The ONNX value of a node that is written already, in its own element type. */
  value(id: NodeId): string {
    return this.#values.get(id)!;
  }

  values(ids: readonly NodeId[]): readonly string[] {
    return ids.map(id => this.value(id));
  }

  /** Writes `node` by `exporter`. */
  write(node: Node, exporter: (e: ExportGraph) => string): void {
    this.#current = node.id;
    const count = this.nodes.length;
    const value = exporter(this);
    this.#values.set(node.id, value);
    const isNew = this.nodes.slice(count).some(made => made.output[0] === value);
    if (isNew) this.#renamed.set(value, this.#names.of(node.id));
  }

  /** An input, under its own name. */
  writeInput(node: Node): void {
    this.#values.set(node.id, this.#names.of(node.id));
  }

  /** The initialiser of a constant node. */
  writeConstant(node: Node<"const">): void {
    const name = this.#names.of(node.id);
    this.initializers.push(protoOfTensor(node.attrs.tensor, name));
    this.#values.set(node.id, name);
  }

  /** Makes the value of `id` known as `name` too. */
  writeOutput(id: NodeId, name: string): void {
    const value = this.value(id);
    if ((this.#renamed.get(value) ?? value) === name) return;
    this.#push("Identity", [value], name, {}, "");
  }

  /** Adds a node; `name` says what it is, below the name of the node being written. */
  emit(op: string, inputs: readonly string[], attributes: Attributes = {}, domain = ""): string {
    const output = this.#names.unique(`${this.#names.of(this.#current)}/${op}`);
    return this.#push(op, inputs, output, attributes, domain);
  }

  /** An initialiser; equal ones are written once. */
  constant(tensor: Tensor, what: string): string {
    const key = hashOf(tensor);
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const name = this.#names.unique(`${this.#names.of(this.#current)}/${what}`);
    this.#constants.set(key, name);
    this.initializers.push(protoOfTensor(tensor, name));
    return name;
  }

  /** Shapes, axes and the like. */
  integers(values: readonly number[], what: string): string {
    return this.constant(tensorOf("i64", [values.length], values), what);
  }

  /** The value `name` in another form, made by `make` unless it is known. */
  form(kind: string, name: string, make: () => string): string {
    const key = `${kind}:${name}`;
    const known = this.#forms.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.#forms.set(key, made);
    return made;
  }

  /** A channel-last value as a channel-first one. */
  nchw(name: string): string {
    return this.form("nchw", name, () => this.transpose(name, TO_NCHW));
  }

  /** A channel-first value as a channel-last one. */
  nhwc(name: string): string {
    const made = this.transpose(name, TO_NHWC);
    this.#forms.set(`nchw:${made}`, name);
    return made;
  }

  transpose(name: string, permutation: readonly number[]): string {
    return this.emit("Transpose", [name], { perm: { ints: permutation } });
  }

  reshape(name: string, shape: Shape): string {
    return this.emit("Reshape", [name, this.integers(shape, "shape")]);
  }

  /** Gives values their names, and drops nodes and initialisers that nothing reads. */
  finish(outputs: readonly ValueInfoProto[]): void {
    for (const node of this.nodes) {
      node.input = node.input.map(name => this.#renamed.get(name) ?? name);
      node.output = node.output.map(name => this.#renamed.get(name) ?? name);
      node.name = node.output[0]!;
    }
    const used = new Set(outputs.map(({ name }) => name));
    const kept = this.nodes.toReversed().filter(node => {
      const needed = node.output.some(name => used.has(name));
      if (needed) for (const name of node.input) used.add(name);
      return needed;
    });
    this.nodes.splice(0, this.nodes.length, ...kept.reverse());
    const initializers = this.initializers.filter(({ name }) => used.has(name));
    this.initializers.splice(0, this.initializers.length, ...initializers);
  }

  #push(
    op: string,
    inputs: readonly string[],
    output: string,
    attributes: Attributes,
    domain: string,
  ): string {
    const node = create(NodeProtoSchema, {
      opType: op,
      input: [...inputs],
      output: [output],
      attribute: Object.entries(attributes).map(([key, value]) => protoOfAttribute(key, value)),
    });
    if (domain !== "") node.domain = domain;
    this.nodes.push(node);
    return output;
  }
}
