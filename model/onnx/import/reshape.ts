/** @file Operators that keep every element in its place: Reshape, Flatten, Squeeze, Unsqueeze. */

import { elementCount, type Shape } from "../../../core/shape.ts";
import { toNumbers } from "../../../core/tensor.ts";
import type { Importer, ImportNode } from "./context.ts";

/** 0 keeps a dimension (unless `allowzero`), −1 takes what is left. */
export const importReshape: Importer = n => {
  const x = n.input(0);
  const shape = n.shapeOf(x);
  const allowZero = n.attributes.int("allowzero", 0) !== 0;
  const wanted = toNumbers(n.constantInput(1, "the shape")).map((dim, axis) =>
    dim === 0 && !allowZero ? (shape[axis] ?? 0) : dim,
  );
  return n.reshape(x, withRest(n, wanted, elementCount(shape)));
};

function withRest(n: ImportNode, wanted: readonly number[], count: number): Shape {
  const open = wanted.filter(dim => dim === -1).length;
  const known = elementCount(wanted.filter(dim => dim !== -1));
  const rest = known === 0 ? 0 : count / known;
  const fits = open === 0 ? known === count : open === 1 && Number.isInteger(rest);
  if (!fits || wanted.some(dim => dim < -1)) {
    n.fail("graph/bad-shape", `${count} elements do not fill the shape [${wanted}]`, {
      help: "if the shape holds a fixed batch, compile with that --batch",
    });
  }
  return wanted.map(dim => (dim === -1 ? rest : dim));
}

export const importFlatten: Importer = n => {
  const x = n.input(0);
  const shape = n.shapeOf(x);
  const given = n.attributes.int("axis", 1);
  const axis = given === shape.length ? given : n.axis(given, shape.length);
  return n.reshape(x, [elementCount(shape.slice(0, axis)), elementCount(shape.slice(axis))]);
};

export const importSqueeze: Importer = n => {
  const x = n.input(0);
  const shape = n.shapeOf(x);
  const given = n.integers("axes", 1);
  const axes = new Set(given?.map(axis => n.axis(axis, shape.length)));
  const dropped = (dim: number, axis: number): boolean =>
    given === undefined ? dim === 1 : axes.has(axis);
  const wrong = shape.findIndex((dim, axis) => dropped(dim, axis) && dim !== 1);
  if (wrong >= 0) n.fail("graph/bad-shape", `dimension ${wrong} is ${shape[wrong]}, not 1`);
  return n.reshape(
    x,
    shape.filter((dim, axis) => !dropped(dim, axis)),
  );
};

export const importUnsqueeze: Importer = n => {
  const x = n.input(0);
  const given = n.integers("axes", 1) ?? n.unsupported('"axes" is missing');
  const rank = n.shapeOf(x).length + given.length;
  const axes = new Set(given.map(axis => n.axis(axis, rank)));
  if (axes.size !== given.length) n.fail("graph/bad-shape", `"axes" [${given}] repeats an axis`);
  const rest = [...n.shapeOf(x)];
  return n.reshape(
    x,
    Array.from({ length: rank }, (_, axis) => (axes.has(axis) ? 1 : rest.shift()!)),
  );
};
