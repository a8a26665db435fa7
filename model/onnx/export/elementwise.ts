/** @file Ops that ONNX has too, operand for operand. */

import { isBig, isFloat } from "../../../core/dtype.ts";
import type { Interval } from "../../../core/interval.ts";
import { tensorOf } from "../../../core/tensor.ts";
import type { Node, OpKind, ValueType } from "../../ir/graph.ts";
import { elementTypeOf } from "../element-type.ts";
import { type Attributes, flag } from "./attributes.ts";
import type { ExportGraph } from "./context.ts";

export type Exporter<K extends OpKind> = (node: Node<K>, e: ExportGraph) => string;

/** One ONNX operator on the same operands, with attributes taken from the node. */
export function direct<K extends OpKind>(
  op: string,
  attributes: (attrs: Node<K>["attrs"]) => Attributes = () => ({}),
): Exporter<K> {
  return (node, e) => e.emit(op, e.values(node.inputs), attributes(node.attrs));
}

export const exportClamp: Exporter<"clamp"> = (node, e) =>
  clamped(e, e.value(node.inputs[0]!), node.type, node.attrs);

/** Relu where that is what the clamp is, else Clip with the bounds that are there. */
export function clamped(
  e: ExportGraph,
  value: string,
  { dtype }: ValueType,
  clamp: Interval | undefined,
): string {
  if (clamp === undefined) return value;
  const { min, max } = clamp;
  if (min === 0 && max === Infinity && isFloat(dtype)) return e.emit("Relu", [value]);
  const bound = (number: number, what: string): string =>
    Number.isFinite(number) ? e.constant(tensorOf(dtype, [], [number]), what) : "";
  const operands = [value, bound(min, "min"), bound(max, "max")];
  return e.emit("Clip", max === Infinity ? operands.slice(0, 2) : operands);
}

export const exportCast: Exporter<"cast"> = (node, e) =>
  e.emit("Cast", e.values(node.inputs), { to: { int: elementTypeOf(node.attrs.to) } });

export const exportOneHot: Exporter<"one-hot"> = (node, e) => {
  const indices = node.inputs[0]!;
  const wide = isBig(e.typeOf(indices).dtype)
    ? e.value(indices)
    : e.emit("Cast", [e.value(indices)], { to: { int: elementTypeOf("i64") } });
  const depth = e.constant(tensorOf("i64", [], [node.attrs.depth]), "depth");
  const values = e.constant(tensorOf("f32", [2], [0, 1]), "values");
  return e.emit("OneHot", [wide, depth, values], { axis: { int: node.attrs.axis } });
};

type Reduction = "reduce-sum" | "reduce-mean" | "reduce-max" | "reduce-min" | "reduce-prod";

/** Axes are an operand from opset 18 on, for sums from 13. */
export function reduction<K extends Reduction>(op: string): Exporter<K> {
  return (node, e) => {
    const { axes, keepDims } = node.attrs;
    const keep: Attributes = keepDims ? {} : { keepdims: { int: 0 } };
    const values = e.values(node.inputs);
    if (op === "ReduceSum" || e.settings.opset >= 18) {
      return e.emit(op, [...values, e.integers(axes, "axes")], {
        ...keep,
        ...flag("noop_with_empty_axes", axes.length === 0),
      });
    }
    return e.emit(op, values, { axes: { ints: axes }, ...keep });
  };
}

export const exportArgMax: Exporter<"arg-max"> = (node, e) =>
  e.emit("ArgMax", e.values(node.inputs), {
    axis: { int: node.attrs.axis },
    ...(node.attrs.keepDims ? {} : { keepdims: { int: 0 } }),
  });
