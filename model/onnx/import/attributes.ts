/**
 * @file Reads the attributes of one ONNX node, typed.
 *
 * Every attribute counts: one that the importer did not read is refused,
 * because ignoring it could change the result.
 */

import type { Tensor } from "../../../core/tensor.ts";
import { ModelError, problem } from "../../diagnostics/diagnostic.ts";
import {
  type AttributeProto,
  AttributeProto_AttributeType,
  type NodeProto,
} from "../proto/onnx_pb.ts";
import { placeOf } from "../schedule.ts";
import { tensorOfProto } from "../tensor.ts";

type Kind = keyof typeof AttributeProto_AttributeType;

export class AttributeReader {
  readonly #place: string;
  readonly #attributes: ReadonlyMap<string, AttributeProto>;
  readonly #read = new Set<string>();

  constructor(node: NodeProto) {
    this.#place = placeOf(node);
    this.#attributes = new Map(node.attribute.map(attribute => [attribute.name, attribute]));
  }

  has(name: string): boolean {
    return this.#attributes.has(name);
  }

  int(name: string): number | undefined;
  int(name: string, fallback: number): number;
  int(name: string, fallback?: number): number | undefined {
    const attribute = this.#find(name, "INT");
    return attribute === undefined ? fallback : Number(attribute.i);
  }

  float(name: string): number | undefined;
  float(name: string, fallback: number): number;
  float(name: string, fallback?: number): number | undefined {
    return this.#find(name, "FLOAT")?.f ?? fallback;
  }

  ints(name: string): readonly number[] | undefined {
    return this.#find(name, "INTS")?.ints.map(Number);
  }

  floats(name: string): readonly number[] | undefined {
    return this.#find(name, "FLOATS")?.floats;
  }

  string(name: string, fallback: string): string {
    const attribute = this.#find(name, "STRING");
    return attribute === undefined ? fallback : new TextDecoder().decode(attribute.s);
  }

  tensor(name: string): Tensor | undefined {
    const proto = this.#find(name, "TENSOR")?.t;
    return proto === undefined ? undefined : tensorOfProto(proto, this.#place);
  }

  /** Marks attributes that do not matter to inference as read. */
  ignore(...names: readonly string[]): void {
    for (const name of names) this.#read.add(name);
  }

  /** @throws onnx/unsupported-attribute for every attribute that nobody asked for */
  refuseUnread(): void {
    const unread = [...this.#attributes.keys()].filter(name => !this.#read.has(name));
    const found = unread.map(name =>
      problem("onnx/unsupported-attribute", `attribute "${name}" is not supported`, {
        at: this.#place,
        help: "export the model with the attribute's default value",
      }),
    );
    if (found.length > 0) throw new ModelError(...found);
  }

  #find(name: string, kind: Kind): AttributeProto | undefined {
    this.#read.add(name);
    const attribute = this.#attributes.get(name);
    if (attribute === undefined) return undefined;
    const declared = attribute.type;
    // Files older than IR version 2 state no type.
    const undeclared = declared === AttributeProto_AttributeType.UNDEFINED;
    if (
      attribute.refAttrName === "" &&
      (undeclared || declared === AttributeProto_AttributeType[kind])
    ) {
      return attribute;
    }
    throw new ModelError(
      problem("onnx/unsupported-attribute", `attribute "${name}" is not of type ${kind}`, {
        at: this.#place,
        help: "export the model again: the operator's specification fixes the type",
      }),
    );
  }
}
