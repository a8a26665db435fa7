/** @file What an importer sees of the model: one ONNX node, and the graph that it grows. */

import { elementCount, normalizeAxis, type Shape, sameShape } from "../../../core/shape.ts";
import { type Tensor, tensorOf, toNumbers } from "../../../core/tensor.ts";
import type { DiagnosticCode } from "../../diagnostics/codes.ts";
import { type Diagnostic, ModelError, problem } from "../../diagnostics/diagnostic.ts";
import type { OpAttributes } from "../../ir/attributes.ts";
import type { GraphBuilder } from "../../ir/build.ts";
import type { Node, NodeId, OpKind, TensorQuantization, ValueType } from "../../ir/graph.ts";
import type { NodeProto } from "../proto/onnx_pb.ts";
import { placeOf } from "../schedule.ts";
import { AttributeReader } from "./attributes.ts";
import type { Folder } from "./fold.ts";

/** Values with more elements than this are refused: no target could hold them. */
const MAX_ELEMENTS = 2 ** 31;

/** What all nodes of one model share. */
export interface Importing {
  readonly opset: number;
  readonly builder: GraphBuilder;
  readonly folder: Folder;
  /** Values that are ready, by ONNX name. */
  readonly values: Map<string, NodeId>;
}

/** Translates one node: the ids of its outputs, in order. */
export type Importer = (n: ImportNode) => NodeId | readonly NodeId[];

export class ImportNode {
  readonly op: string;
  readonly opset: number;
  readonly attributes: AttributeReader;
  readonly #proto: NodeProto;
  readonly #model: Importing;

  constructor(proto: NodeProto, model: Importing) {
    this.op = proto.opType;
    this.opset = model.opset;
    this.attributes = new AttributeReader(proto);
    this.#proto = proto;
    this.#model = model;
  }

  /** The number of operands, left-out ones in the middle included. */
  get inputCount(): number {
    return this.#proto.input.length;
  }

  get outputCount(): number {
    return this.#proto.output.length;
  }

  /** Operand `index`. @throws onnx/bad-graph if it is left out */
  input(index: number): NodeId {
    const id = this.optional(index);
    if (id === undefined) this.fail("onnx/bad-graph", `operand ${index} of ${this.op} is missing`);
    return id;
  }

  optional(index: number): NodeId | undefined {
    const name = this.#proto.input[index];
    return name === undefined ? undefined : this.#model.values.get(name);
  }

  /** All operands. */
  inputs(): readonly NodeId[] {
    return this.#proto.input.map((_, index) => this.input(index));
  }

  node(id: NodeId): Node {
    return this.#model.builder.node(id);
  }

  typeOf(id: NodeId): ValueType {
    return this.#model.builder.typeOf(id);
  }

  shapeOf(id: NodeId): Shape {
    return this.typeOf(id).shape;
  }

  /** Adds a node, named after output `output` of this one. */
  add<K extends OpKind>(
    kind: K,
    inputs: readonly NodeId[],
    attrs: OpAttributes[K],
    output = 0,
  ): NodeId {
    const id = this.#model.builder.add(kind, inputs, attrs, this.#nameOf(output));
    const { shape } = this.typeOf(id);
    if (!(elementCount(shape) <= MAX_ELEMENTS)) {
      this.fail("graph/bad-shape", `the result of shape [${shape.join(",")}] is too large`);
    }
    return id;
  }

  constant(tensor: Tensor, quantization?: TensorQuantization): NodeId {
    return this.#model.builder.constant(tensor, { quantization, name: this.#nameOf(0) });
  }

  /** A scalar of the element type of `like`. */
  scalar(value: number, like: NodeId): NodeId {
    return this.constant(tensorOf(this.typeOf(like).dtype, [], [value]));
  }

  reshape(id: NodeId, shape: Shape): NodeId {
    return sameShape(shape, this.shapeOf(id)) ? id : this.add("reshape", [id], { shape });
  }

  /** The value of `id` if it can be computed now. */
  constantValue(id: NodeId): Tensor | undefined {
    return this.#model.folder.valueOf(id);
  }

  /** Operand `index`, which must be constant. @throws onnx/dynamic-value */
  constantInput(index: number, what: string): Tensor {
    const value = this.constantValue(this.input(index));
    if (value !== undefined) return value;
    this.fail("onnx/dynamic-value", `${what} of ${this.op} must be known at compile time`, {
      notes: [`it is the value "${this.#proto.input[index]}"`],
      help: "make it an initializer, or fold constants when exporting",
    });
  }

  optionalConstant(index: number, what: string): Tensor | undefined {
    return this.optional(index) === undefined ? undefined : this.constantInput(index, what);
  }

  /** Integers given as attribute `name` or, in newer opsets, as operand `index`. */
  integers(name: string, index: number): readonly number[] | undefined {
    const listed = this.attributes.ints(name);
    if (listed !== undefined) return listed;
    const value = this.optionalConstant(index, `"${name}"`);
    return value === undefined ? undefined : toNumbers(value);
  }

  /** `axis` counted from the front. @throws graph/bad-shape */
  axis(axis: number, rank: number): number {
    const normalized = normalizeAxis(axis, rank);
    if (normalized === undefined) {
      this.fail("graph/bad-shape", `axis ${axis} lies outside the ${rank} dimensions`);
    }
    return normalized;
  }

  /** The model's name of output `output`, if it has one. */
  #nameOf(output: number): string | undefined {
    return this.#proto.output[output] || undefined;
  }

  /** @throws onnx/unsupported-attribute */
  unsupported(message: string, help = `see what the specification of ${this.op} allows`): never {
    this.fail("onnx/unsupported-attribute", message, { help });
  }

  fail(
    code: DiagnosticCode,
    message: string,
    details: Partial<Pick<Diagnostic, "notes" | "help">> = {},
  ): never {
    throw new ModelError(problem(code, message, { at: placeOf(this.#proto), ...details }));
  }
}
