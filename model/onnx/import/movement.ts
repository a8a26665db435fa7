/** @file Operators that move or repeat elements: Transpose, Concat, Gather, Expand, Tile, DepthToSpace. */

import { broadcastShapes, sameShape } from "../../../core/shape.ts";
import { toNumbers } from "../../../core/tensor.ts";
import type { NodeId } from "../../ir/graph.ts";
import type { Importer, ImportNode } from "./context.ts";

export const importTranspose: Importer = n => {
  const x = n.input(0);
  const reversed = n.shapeOf(x).map((_, axis, shape) => shape.length - 1 - axis);
  return transpose(n, x, n.attributes.ints("perm") ?? reversed);
};

function transpose(n: ImportNode, x: NodeId, permutation: readonly number[]): NodeId {
  const rank = n.shapeOf(x).length;
  const axes = permutation.map(axis => n.axis(axis, rank));
  if (new Set(axes).size !== rank || axes.length !== rank) {
    n.fail("graph/bad-shape", `"perm" [${permutation}] is no permutation of ${rank} dimensions`);
  }
  const identity = axes.every((axis, i) => axis === i);
  return identity ? x : n.add("transpose", [x], { permutation: axes });
}

export const importConcat: Importer = n => {
  const operands = n.inputs();
  const given = n.attributes.int("axis") ?? n.unsupported('"axis" is missing');
  const axis = n.axis(given, n.shapeOf(n.input(0)).length);
  return operands.length === 1 ? operands[0]! : n.add("concat", operands, { axis });
};

export const importGather: Importer = n => {
  const x = n.input(0);
  const axis = n.axis(n.attributes.int("axis", 0), n.shapeOf(x).length);
  return n.add("gather", [x, n.input(1)], { axis });
};

/** The result has the shape that both broadcast to: a dimension of 1 keeps what is there. */
export const importExpand: Importer = n => {
  const x = n.input(0);
  const wanted = toNumbers(n.constantInput(1, "the shape"));
  const shape = broadcastShapes(n.shapeOf(x), wanted);
  if (shape === undefined) {
    return n.fail("graph/bad-shape", `[${n.shapeOf(x)}] does not broadcast to [${wanted}]`);
  }
  return sameShape(shape, n.shapeOf(x)) ? x : n.add("expand", [x], { shape });
};

export const importTile: Importer = n => {
  const x = n.input(0);
  const shape = n.shapeOf(x);
  const repeats = toNumbers(n.constantInput(1, "the repeats"));
  if (repeats.length !== shape.length || repeats.some(count => count < 0)) {
    n.fail("graph/bad-shape", `repeats [${repeats}] do not fit the shape [${shape}]`);
  }
  const spread = n.reshape(
    x,
    shape.flatMap(dim => [1, dim]),
  );
  const repeated = shape.flatMap((dim, axis) => [repeats[axis]!, dim]);
  return n.reshape(
    n.add("expand", [spread], { shape: repeated }),
    shape.map((dim, axis) => dim * repeats[axis]!),
  );
};

export const importDepthToSpace: Importer = n => {
  const [x, block] = blockOf(n);
  const [batch, channels, height, width] = n.shapeOf(x) as [number, number, number, number];
  const mode = n.attributes.string("mode", "DCR");
  if (mode !== "DCR" && mode !== "CRD") n.unsupported(`"mode" is "${mode}"`, "use DCR or CRD");
  const depth = channels / block ** 2;
  if (!Number.isInteger(depth)) {
    n.fail("graph/bad-shape", `${channels} channels do not divide into ${block}×${block} blocks`);
  }
  const split = mode === "DCR" ? [block, block, depth] : [depth, block, block];
  const permutation = mode === "DCR" ? [0, 3, 4, 1, 5, 2] : [0, 1, 4, 2, 5, 3];
  const moved = transpose(n, n.reshape(x, [batch, ...split, height, width]), permutation);
  return n.reshape(moved, [batch, depth, height * block, width * block]);
};

export const importSpaceToDepth: Importer = n => {
  const [x, block] = blockOf(n);
  const [batch, channels, height, width] = n.shapeOf(x) as [number, number, number, number];
  const [rows, columns] = [height / block, width / block];
  if (!Number.isInteger(rows) || !Number.isInteger(columns)) {
    n.fail("graph/bad-shape", `${height}×${width} does not divide into ${block}×${block} blocks`);
  }
  const split = n.reshape(x, [batch, channels, rows, block, columns, block]);
  const moved = transpose(n, split, [0, 3, 5, 1, 2, 4]);
  return n.reshape(moved, [batch, channels * block ** 2, rows, columns]);
};

function blockOf(n: ImportNode): readonly [NodeId, number] {
  const x = n.input(0);
  const block = n.attributes.int("blocksize", 0);
  if (block < 1) n.unsupported(`"blocksize" is ${block}`);
  if (n.shapeOf(x).length !== 4) n.fail("graph/bad-shape", `${n.op} needs four dimensions`);
  return [x, block];
}
