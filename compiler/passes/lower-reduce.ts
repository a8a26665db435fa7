/**
 * @file Writes a mean, sum or maximum over neighbouring axes as a pool.
 *
 *     %1 = reduce-mean %0 {axes=[2,3] keepDims=false}     %1 = average-pool %0 {kernel=[7,7] …}
 *                                                         %2 = reshape %1 {shape=[1,64]}
 *
 * Pools have kernels, reductions have none of their own. Axes that are not the
 * height and width of an image are seen as the height of a flat one.
 */

import { tensorOf } from "../../core/tensor.ts";
import type { Layout, Pair } from "../../model/ir/attributes.ts";
import type { Node, NodeId } from "../../model/ir/graph.ts";
import type { Rewriter } from "../../model/ir/rewrite.ts";
import { rewrite } from "../../model/ops/index.ts";
import type { Pass } from "./pass.ts";

export const lowerReduce: Pass = {
  name: "lower-reduce",
  summary: "write a mean, sum or maximum over neighbouring axes as a pool",
  accuracy: "rounds",
  run: graph =>
    rewrite(graph, { "reduce-mean": lower, "reduce-sum": lowerSum, "reduce-max": lower }),
};

type Reduce = Node<"reduce-mean" | "reduce-sum" | "reduce-max">;

function lower(node: Reduce, b: Rewriter): NodeId | undefined {
  const { axes } = node.attrs;
  const { dtype, shape, quantization } = b.typeOf(node.inputs[0]!);
  const contiguous = axes.every((axis, i) => axis === axes[0]! + i);
  if (dtype !== "f32" || quantization !== undefined || axes.length === 0 || !contiguous) {
    return undefined;
  }
  const layout: Layout = axes.join() === "2,3" ? "nchw" : "nhwc";
  const isImage =
    shape.length === 4 && axes.length === 2 && axes[0] !== 0 && axes[1]! - axes[0]! === 1;
  const spatial = isImage && (axes[0] === 2 || axes[0] === 1);
  const image = spatial ? shape : flatImage(shape, axes);
  const kernel: Pair = spatial ? [shape[axes[0]!]!, shape[axes[1]!]!] : [image[1]!, 1];
  const x = spatial ? node.inputs[0]! : b.add("reshape", node.inputs, { shape: image });
  const window = {
    kernel,
    strides: kernel,
    pads: [0, 0, 0, 0] as const,
    dilations: [1, 1] as const,
    layout: spatial ? layout : ("nhwc" as const),
  };
  const pooled =
    node.kind === "reduce-max"
      ? b.add("max-pool", [x], window, node.name)
      : b.add("average-pool", [x], { ...window, countIncludePad: false }, node.name);
  if (b.typeOf(pooled).shape.join() === node.type.shape.join()) return pooled;
  return b.add("reshape", [pooled], { shape: node.type.shape }, node.name);
}

/** [outer, reduced, 1, inner]: an image whose height is what is reduced. */
function flatImage(shape: readonly number[], axes: readonly number[]): number[] {
  const count = (dims: readonly number[]): number => dims.reduce((a, dim) => a * dim, 1);
  const [first, last] = [axes[0]!, axes.at(-1)!];
  const reduced = count(shape.slice(first, last + 1));
  return [count(shape.slice(0, first)), reduced, 1, count(shape.slice(last + 1))];
}

function lowerSum(node: Node<"reduce-sum">, b: Rewriter): NodeId | undefined {
  const mean = lower(node, b);
  if (mean === undefined) return undefined;
  const { shape } = b.typeOf(node.inputs[0]!);
  const count = node.attrs.axes.reduce((product, axis) => product * shape[axis]!, 1);
  return b.add("mul", [mean, b.constant(tensorOf("f32", [], [count]))], {}, node.name);
}
