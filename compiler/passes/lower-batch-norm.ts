/**
 * @file Writes batch normalisation as one multiplication and one addition per channel.
 *
 *     %5 = batch-normalization %0, …      %5 = mul %0, %3
 *                                         %6 = add %5, %4
 *
 * with %3 = scale / √(variance + ε) and %4 = bias − mean · %3, computed in
 * double precision and rounded once. `fold-affine` then takes both into the
 * neighbouring weights; a lone one stays as it is here.
 */

import { tensorOf, toNumbers } from "../../core/tensor.ts";
import type { Node, NodeId } from "../../model/ir/graph.ts";
import type { Rewriter } from "../../model/ir/rewrite.ts";
import { rewrite } from "../../model/ops/index.ts";
import { channelShape } from "./channelwise.ts";
import type { Pass } from "./pass.ts";

export const lowerBatchNorm: Pass = {
  name: "lower-batch-norm",
  summary: "write batch normalisation as a multiplication and an addition per channel",
  accuracy: "rounds",
  run: graph => rewrite(graph, { "batch-normalization": lower }),
};

function lower(node: Node<"batch-normalization">, b: Rewriter): NodeId | undefined {
  const [x, ...parameters] = node.inputs;
  const values = parameters.map(id => b.constantOf(id));
  if (values.some(value => value === undefined)) return undefined;
  const [scale, bias, mean, variance] = values.map(value => toNumbers(value!)) as [
    number[],
    number[],
    number[],
    number[],
  ];
  const factors = scale.map((s, c) => s / Math.sqrt(variance[c]! + node.attrs.epsilon));
  const offsets = factors.map((factor, c) => bias[c]! - mean[c]! * factor);
  const shape = channelShape(factors.length, node.type.shape.length, node.attrs.axis);
  const scaled = b.add("mul", [x!, b.constant(tensorOf("f32", shape, factors))], {});
  return b.add("add", [scaled, b.constant(tensorOf("f32", shape, offsets))], {}, node.name);
}
