/** @file Operators whose value is known once shapes are: Constant, Shape, Size, ConstantOfShape, Range; and OneHot. */

import { isFloat } from "../../../core/dtype.ts";
import { elementCount } from "../../../core/shape.ts";
import { numberAt, type Tensor, tensorOf, toNumbers } from "../../../core/tensor.ts";
import type { NodeId } from "../../ir/graph.ts";
import type { Importer, ImportNode } from "./context.ts";

const MAX_RANGE = 2 ** 24;

export const importConstant: Importer = n => n.constant(constantOf(n));

function constantOf(n: ImportNode): Tensor {
  const { attributes } = n;
  const tensor = attributes.tensor("value");
  if (tensor !== undefined) return tensor;
  const float = attributes.float("value_float");
  if (float !== undefined) return tensorOf("f32", [], [float]);
  const floats = attributes.floats("value_floats");
  if (floats !== undefined) return tensorOf("f32", [floats.length], floats);
  const int = attributes.int("value_int");
  if (int !== undefined) return tensorOf("i64", [], [int]);
  const ints = attributes.ints("value_ints");
  if (ints !== undefined) return tensorOf("i64", [ints.length], ints);
  const form = ["sparse_value", "value_string", "value_strings"].find(name => attributes.has(name));
  n.unsupported(
    form === undefined ? "Constant has no value" : `Constant has a "${form}"`,
    "store the constant as a dense tensor of numbers",
  );
}

export const importShape: Importer = n => {
  const shape = n.shapeOf(n.input(0));
  const start = n.attributes.int("start", 0);
  const part = shape.slice(start, n.attributes.int("end", shape.length));
  return n.constant(tensorOf("i64", [part.length], part));
};

export const importSize: Importer = n =>
  n.constant(tensorOf("i64", [], [elementCount(n.shapeOf(n.input(0)))]));

export const importConstantOfShape: Importer = n => {
  const shape = toNumbers(n.constantInput(0, "the shape"));
  const value = n.attributes.tensor("value") ?? tensorOf("f32", [1], [0]);
  if (value.data.length !== 1) n.fail("graph/bad-shape", '"value" must be one element');
  const scalar = n.reshape(n.constant(value), []);
  return shape.length === 0 ? scalar : n.add("expand", [scalar], { shape });
};

export const importRange: Importer = n => {
  const [start, limit, delta] = [0, 1, 2].map(index => n.constantInput(index, "the bounds"));
  const from = numberAt(start!, 0);
  const step = numberAt(delta!, 0);
  const count = Math.max(0, Math.ceil((numberAt(limit!, 0) - from) / step));
  if (!(count <= MAX_RANGE)) n.fail("graph/bad-shape", `a range of ${count} elements is too long`);
  const values = Array.from({ length: count }, (_, i) => from + i * step);
  return n.constant(tensorOf(start!.dtype, [count], values));
};

/** Negative indices count from the end; an index outside selects nothing. */
export const importOneHot: Importer = n => {
  const depth = numberAt(n.constantInput(1, "the depth"), 0);
  if (!Number.isInteger(depth) || depth < 0) {
    n.fail("graph/bad-shape", `a depth of ${depth} is impossible`);
  }
  const values = n.constantInput(2, "the values");
  if (values.data.length !== 2) n.fail("graph/bad-shape", '"values" must be two elements');
  const given = n.input(0);
  const indices = isFloat(n.typeOf(given).dtype) ? n.add("cast", [given], { to: "i64" }) : given;
  const axis = n.axis(n.attributes.int("axis", -1), n.shapeOf(indices).length + 1);
  const hot = n.add("one-hot", [indices], { axis, depth });
  const [off, on] = toNumbers(values) as [number, number];
  if (values.dtype === "f32" && off === 0 && on === 1) return hot;
  const scalar = (value: number): NodeId => n.constant(tensorOf(values.dtype, [], [value]));
  const isHot = n.add("cast", [hot], { to: "bool" });
  return n.add("where", [isHot, scalar(on), scalar(off)], {});
};
