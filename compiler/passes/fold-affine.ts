/**
 * @file Folds per-channel additions and multiplications into weights and biases.
 *
 *     %3 = conv %0, %1, %2         %3 = conv %0, %4, %5
 *     %6 = mul %3, %scale          return %3
 *     return %6
 *
 * Works on what follows a convolution or matrix product, as long as nothing
 * else reads it, and on what precedes one: a multiplication always, an
 * addition only without padding, whose zeros would have to become something
 * else. Weights that are ternary per output channel stay so behind; ahead,
 * quantised weights take only a factor that is the same for all channels.
 */

import { tensorOf, toNumbers } from "../../core/tensor.ts";
import type { Node, NodeId } from "../../model/ir/graph.ts";
import type { Rewriter } from "../../model/ir/rewrite.ts";
import { rewrite } from "../../model/ops/index.ts";
import { alongAxis, channelAxis } from "./channelwise.ts";
import { foldPreceding } from "./fold-preceding.ts";
import type { Pass } from "./pass.ts";
import { addWeights, scaleChannels, weightsOf } from "./weight-constant.ts";

/** Runs before `fuse-clamp`: behind a clamp nothing can be folded. */
export const foldAffine: Pass = {
  name: "fold-affine",
  summary: "fold per-channel additions and multiplications into weights and biases",
  accuracy: "rounds",
  run: graph =>
    rewrite(graph, {
      add: (node, b) => foldEither(node, b, (values): Affine => ({ offsets: values })),
      mul: (node, b) => foldEither(node, b, (values): Affine => ({ factors: values })),
      sub: (node, b) =>
        foldInto(node, 0, b, values => ({ offsets: values.map(value => -value) })) ??
        foldInto(node, 1, b, values => ({ factors: values.map(() => -1), offsets: values })),
      div: (node, b) =>
        foldInto(node, 0, b, values => ({ factors: values.map(value => 1 / value) })),
      conv: foldPreceding,
      gemm: foldPreceding,
    }),
};

/** y · factor + offset, per output channel. */
interface Affine {
  readonly factors?: readonly number[];
  readonly offsets?: readonly number[];
}

type ToAffine = (values: readonly number[]) => Affine;

function foldEither(node: Node<"add" | "mul">, b: Rewriter, affine: ToAffine): NodeId | undefined {
  return foldInto(node, 0, b, affine) ?? foldInto(node, 1, b, affine);
}

/** Folds `node` into the contraction at operand `index`, if the other one is per channel. */
function foldInto(
  node: Node<"add" | "sub" | "mul" | "div">,
  index: 0 | 1,
  b: Rewriter,
  toAffine: ToAffine,
): NodeId | undefined {
  const layer = b.node(node.inputs[index]!);
  const constant = b.constantOf(node.inputs[1 - index]!);
  if (layer.kind !== "conv" && layer.kind !== "gemm") return undefined;
  if (constant === undefined || !isFoldable(layer, b)) return undefined;
  const values = alongAxis(constant, layer.type.shape, channelAxis(layer));
  return values && fold(layer, toAffine(values), node.name ?? layer.name, b);
}

function isFoldable(layer: Node<"conv"> | Node<"gemm">, b: Rewriter): boolean {
  if (layer.attrs.clamp !== undefined || b.readers(layer.id) > 1) return false;
  const bias = layer.inputs[2];
  return bias === undefined || b.constantOf(bias)?.shape.length === 1;
}

function fold(
  layer: Node<"conv"> | Node<"gemm">,
  { factors, offsets }: Affine,
  name: string | undefined,
  b: Rewriter,
): NodeId | undefined {
  const weights = weightsOf(layer.inputs[1]!, b);
  const scaled = weights && factors ? scaleChannels(weights, factors) : weights;
  if (scaled === undefined || factors?.some(factor => !Number.isFinite(factor))) return undefined;
  const bias = layer.inputs[2] === undefined ? undefined : b.constantOf(layer.inputs[2]);
  const channels = layer.type.shape[channelAxis(layer)]!;
  const values = bias === undefined ? new Array<number>(channels).fill(0) : toNumbers(bias);
  const folded = values.map((value, c) => value * (factors?.[c] ?? 1) + (offsets?.[c] ?? 0));
  const operands = [layer.inputs[0]!, factors ? addWeights(scaled, b) : layer.inputs[1]!];
  if (bias !== undefined || offsets !== undefined) {
    operands.push(b.constant(tensorOf("f32", [channels], folded)));
  }
  return b.add(layer.kind, operands, layer.attrs, name);
}
