/**
 * @file Folds a transpose before a matrix product into the order of its weights.
 *
 *     %1 = transpose %0 {permutation=[0,3,1,2]}      %1 = reshape %0 {shape=[1,400]}
 *     %2 = reshape %1 {shape=[1,400]}                %2 = gemm %1, %v
 *     %3 = gemm %2, %w
 *
 * Column k of %v is the column of %w that met the same element. Sums run in
 * another order, so f32 results round differently; integer ones do not.
 */

import { elementCount, stridesOf } from "../../core/shape.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import type { Node, NodeId } from "../../model/ir/graph.ts";
import type { Rewriter } from "../../model/ir/rewrite.ts";
import { rewrite } from "../../model/ops/index.ts";
import type { Pass } from "./pass.ts";
import { addWeights, type WeightConstant, weightsOf } from "./weight-constant.ts";

/** Runs after `sink-transpose` and before calibration, so that ranges belong to the new order. */
export const foldTranspose: Pass = {
  name: "fold-transpose",
  summary: "fold a transpose before a matrix product into the order of its weights",
  accuracy: "rounds",
  run: graph =>
    rewrite(graph, {
      gemm: (node, b) => {
        const { transposeA, transposeB } = node.attrs;
        return transposeA || !transposeB ? undefined : foldOrder(node, b);
      },
    }),
};

/** The product of weights [N, K] that took on the order of the untransposed image. */
export function foldOrder(node: Node<"gemm" | "qgemm">, b: Rewriter): NodeId | undefined {
  const [x, w, ...bias] = node.inputs;
  const flat = b.node(x!);
  const weights = weightsOf(w!, b);
  if (flat.kind !== "reshape" || weights === undefined) return undefined;
  const moved = b.node(flat.inputs[0]!);
  if (moved.kind !== "transpose") return undefined;
  const { permutation } = moved.attrs;
  const keepsRows = permutation[0] === 0 && moved.type.shape[0] === flat.type.shape[0];
  if (!keepsRows) return undefined;
  const order = columnOrder(b.typeOf(moved.inputs[0]!).shape, permutation);
  const image = b.add("reshape", moved.inputs, flat.attrs, flat.name);
  const reordered = { ...weights, tensor: reorder(weights, order) };
  return b.add(node.kind, [image, addWeights(reordered, b), ...bias], node.attrs, node.name);
}

/** For each element of a row before the transpose, its place behind it. */
function columnOrder(shape: readonly number[], permutation: readonly number[]): number[] {
  const inner = shape.slice(1);
  const moved = permutation.map(axis => shape[axis]!).slice(1);
  const strides = stridesOf(moved);
  const place = inner.map((_, axis) => strides[permutation.slice(1).indexOf(axis + 1)]!);
  const source = stridesOf(inner);
  return Array.from({ length: elementCount(inner) }, (_, i) =>
    inner.reduce((sum, dim, axis) => sum + (Math.floor(i / source[axis]!) % dim) * place[axis]!, 0),
  );
}

function reorder(
  { tensor: t }: WeightConstant,
  order: readonly number[],
): WeightConstant["tensor"] {
  const depth = order.length;
  const data = t.data.slice();
  for (let i = 0; i < data.length; i++) {
    data[i] = t.data[i - (i % depth) + order[i % depth]!]!;
  }
  return tensor(t.dtype, t.shape, data as Tensor<"i8">["data"]) as WeightConstant["tensor"];
}
