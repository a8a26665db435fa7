/** @file Operators that have an op of their own in the graph, element by element. */

import type { NodeId, OpKind } from "../../ir/graph.ts";
import type { Importer, ImportNode } from "./context.ts";

/** Ops without attributes. */
type Plain = Extract<
  OpKind,
  | "add"
  | "sub"
  | "mul"
  | "div"
  | "min"
  | "max"
  | "equal"
  | "greater"
  | "greater-or-equal"
  | "less"
  | "less-or-equal"
  | "and"
  | "or"
  | "where"
  | "sigmoid"
  | "tanh"
  | "hard-swish"
  | "exp"
  | "log"
  | "sqrt"
  | "reciprocal"
  | "neg"
  | "abs"
  | "sign"
  | "floor"
  | "ceil"
  | "round"
  | "erf"
  | "not"
>;

/** All operands go to one op of kind `kind`. */
export function direct(kind: Plain): Importer {
  return n => n.add(kind, n.inputs(), {});
}

/** Any number of operands, combined from the left. */
export function variadic(kind: "add" | "min" | "max"): Importer {
  return n => combine(n, kind);
}

function combine(n: ImportNode, kind: "add" | "min" | "max"): NodeId {
  const [, ...rest] = n.inputs();
  return rest.reduce((a, b) => n.add(kind, [a, b], {}), n.input(0));
}

export const importMean: Importer = n => {
  const sum = combine(n, "add");
  return n.add("div", [sum, n.scalar(n.inputCount, sum)], {});
};

export const importXor: Importer = n => n.add("not", [n.add("equal", n.inputs(), {})], {});

/** The exponent may be of another type; the result has the base's. */
export const importPow: Importer = n => {
  const [base, exponent] = [n.input(0), n.input(1)];
  const { dtype } = n.typeOf(base);
  const same = n.typeOf(exponent).dtype === dtype;
  return n.add("pow", [base, same ? exponent : n.add("cast", [exponent], { to: dtype })], {});
};
