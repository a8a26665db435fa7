/** @file From a node's kind to its op. */

import type { Tensor } from "../../core/tensor.ts";
import { ModelError } from "../diagnostics/diagnostic.ts";
import type { InferType } from "../ir/build.ts";
import type { Node, OpKind, ValueType } from "../ir/graph.ts";
import { printType } from "../ir/print.ts";
import type { Op } from "./op.ts";
import { OPS } from "./registry.ts";

/** The op of `kind`, as one that takes any node: the kind of the node must match. */
function opOf(kind: OpKind): Op<OpKind> {
  return OPS[kind] as unknown as Op<OpKind>;
}

/** The result type of an op; what it refuses is noted with the operands. */
export const inferType: InferType = (kind, inputs, attrs) =>
  explained(inputs, () => opOf(kind).infer(inputs, attrs));

/** Checks what inference leaves out because it reads the data of constants. */
export function verifyNode(node: Node, inputs: readonly Node[]): void {
  explained(inputs, () => opOf(node.kind).verify?.(inputs, node.attrs));
}

/** The value of a node whose operands have the values `inputs` and the types `inputTypes`. */
export function evaluateNode(
  node: Pick<Node, "kind" | "attrs" | "type">,
  inputs: readonly Tensor[],
  inputTypes: readonly ValueType[],
): Tensor {
  const { kind, attrs, type } = node;
  return opOf(kind).evaluate({ attrs, inputs, inputTypes, type });
}

/** Whether there is an op of this kind, as graphs made by hand or damaged may not have. */
export function isOpKind(kind: string): kind is OpKind {
  return Object.hasOwn(OPS, kind);
}

/** One line per op, by kind. */
export function opSummaries(): readonly { readonly kind: OpKind; readonly summary: string }[] {
  return Object.values(OPS).map(({ kind, summary }) => ({ kind, summary }));
}

function explained<R>(inputs: readonly Node[], run: () => R): R {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof ModelError) || inputs.length === 0) throw error;
    const note = `operands: ${inputs.map(describe).join(", ")}`;
    throw new ModelError(
      ...error.diagnostics.map(found => ({ ...found, notes: [...found.notes, note] })),
    );
  }
}

function describe({ id, name, type }: Node): string {
  return `${name === undefined ? `%${id}` : `"${name}"`} ${printType(type)}`;
}
