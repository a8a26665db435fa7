/**
 * @file Formulas on graph values: the words in which gradients, optimisers
 * and layers are written.
 *
 * A number stands for an f32 scalar constant. Everything broadcasts as ONNX does.
 */

import { type Shape, sameShape } from "../../core/shape.ts";
import { tensorOf } from "../../core/tensor.ts";
import type { OpAttributes } from "../../model/ir/attributes.ts";
import type { GraphBuilder } from "../../model/ir/build.ts";
import type { Node, NodeId, OpKind } from "../../model/ir/graph.ts";

/** A value of the graph, or a constant. */
export type Term = NodeId | { readonly constant: number };

/** The f32 scalar `value` as a term. */
export function scalar(value: number): Term {
  return { constant: value };
}

type Unary =
  | "exp"
  | "log"
  | "sqrt"
  | "neg"
  | "abs"
  | "sign"
  | "round"
  | "reciprocal"
  | "floor"
  | "not";
type Comparison = "equal" | "greater" | "greater-or-equal" | "less" | "less-or-equal";

export class Arithmetic {
  readonly builder: GraphBuilder;

  constructor(builder: GraphBuilder) {
    this.builder = builder;
  }

  node(id: NodeId): Node {
    return this.builder.node(id);
  }

  shapeOf(id: NodeId): Shape {
    return this.builder.typeOf(id).shape;
  }

  op<K extends OpKind>(kind: K, inputs: readonly Term[], attrs: OpAttributes[K]): NodeId {
    return this.builder.add(
      kind,
      inputs.map(input => this.#idOf(input)),
      attrs,
    );
  }

  add(a: Term, b: Term): NodeId {
    return this.op("add", [a, b], {});
  }

  sub(a: Term, b: Term): NodeId {
    return this.op("sub", [a, b], {});
  }

  mul(a: Term, b: Term): NodeId {
    return this.op("mul", [a, b], {});
  }

  div(a: Term, b: Term): NodeId {
    return this.op("div", [a, b], {});
  }

  max(a: Term, b: Term): NodeId {
    return this.op("max", [a, b], {});
  }

  min(a: Term, b: Term): NodeId {
    return this.op("min", [a, b], {});
  }

  unary(kind: Unary, x: NodeId): NodeId {
    return this.op(kind, [x], {});
  }

  /** A bool value. */
  compare(kind: Comparison, a: Term, b: Term): NodeId {
    return this.op(kind, [a, b], {});
  }

  where(condition: NodeId, a: Term, b: Term): NodeId {
    return this.op("where", [condition, a, b], {});
  }

  clamp(x: NodeId, min: number, max: number): NodeId {
    return this.op("clamp", [x], { min, max });
  }

  /** 1 where `condition` holds, else 0. */
  indicator(condition: NodeId): NodeId {
    return this.op("cast", [condition], { to: "f32" });
  }

  sum(x: NodeId, axes: readonly number[], keepDims = false): NodeId {
    return axes.length === 0 ? x : this.op("reduce-sum", [x], { axes, keepDims });
  }

  mean(x: NodeId, axes: readonly number[], keepDims = false): NodeId {
    return axes.length === 0 ? x : this.op("reduce-mean", [x], { axes, keepDims });
  }

  /** The sum of all terms; requires at least one. */
  total(terms: readonly NodeId[]): NodeId {
    return terms.reduce((sum, term) => this.add(sum, term));
  }

  reshape(x: NodeId, shape: Shape): NodeId {
    return sameShape(this.shapeOf(x), shape) ? x : this.op("reshape", [x], { shape });
  }

  transpose(x: NodeId, permutation: readonly number[]): NodeId {
    return this.op("transpose", [x], { permutation });
  }

  concat(parts: readonly NodeId[], axis: number): NodeId {
    return parts.length === 1 ? parts[0]! : this.op("concat", parts, { axis });
  }

  slice(
    x: NodeId,
    starts: readonly number[],
    sizes: readonly number[],
    steps: readonly number[] = starts.map(() => 1),
  ): NodeId {
    const whole = sameShape(this.shapeOf(x), sizes) && steps.every(step => step === 1);
    return whole ? x : this.op("slice", [x], { starts, sizes, steps });
  }

  /** Fills with `value` around `x`. */
  pad(x: NodeId, before: readonly number[], after: readonly number[], value = 0): NodeId {
    if ([...before, ...after].every(count => count === 0)) return x;
    return this.op("pad", [x], { mode: "constant", before, after, value });
  }

  /** `x` repeated to `shape`. */
  expand(x: NodeId, shape: Shape): NodeId {
    return sameShape(this.shapeOf(x), shape) ? x : this.op("expand", [x], { shape });
  }

  /** A constant tensor with every element `value`. */
  filled(shape: Shape, value: number): NodeId {
    const count = shape.reduce((product, dim) => product * dim, 1);
    const data = new Float32Array(count).fill(value);
    return this.builder.constant({ dtype: "f32", shape, data });
  }

  constant(shape: Shape, values: Iterable<number>): NodeId {
    return this.builder.constant(tensorOf("f32", shape, values));
  }

  #idOf(term: Term): NodeId {
    if (typeof term === "number") return term;
    return this.builder.constant(tensorOf("f32", [], [term.constant]));
  }
}

/** 0…rank − 1. */
export function allAxes(rank: number): number[] {
  return Array.from({ length: rank }, (_, axis) => axis);
}
