/**
 * @file Writes a mean, sum or maximum over neighbouring axes as a pool.
 *
 *     %1 = reduce-mean %0 {axes=[2,3] keepDims=false}     %1 = average-pool %0 {kernel=[7,7] …}
 *                                                         %2 = reshape %1 {shape=[1,64]}
 *
 * Pools have kernels, reductions have none of their own. Axes that are not the
 * height and width of an image are seen as the height of a flat one.
 */

import { elementCount, type Shape, sameShape } from "../../core/shape.ts";
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
  const pooled = pool(node, shape, b);
  if (sameShape(b.typeOf(pooled).shape, node.type.shape)) return pooled;
  return b.add("reshape", [pooled], { shape: node.type.shape }, node.name);
}

/** The pool with one window for all that is reduced. */
function pool(node: Reduce, shape: Shape, b: Rewriter): NodeId {
  const layout = spatialLayout(node.attrs.axes, shape);
  const image = layout === undefined ? flatImage(shape, node.attrs.axes) : shape;
  const kernel: Pair = layout === "nchw" ? [image[2]!, image[3]!] : [image[1]!, image[2]!];
  const x =
    layout === undefined ? b.add("reshape", node.inputs, { shape: image }) : node.inputs[0]!;
  const window = {
    kernel,
    strides: kernel,
    pads: [0, 0, 0, 0] as const,
    dilations: [1, 1] as const,
    layout: layout ?? "nhwc",
  };
  if (node.kind === "reduce-max") return b.add("max-pool", [x], window, node.name);
  return b.add("average-pool", [x], { ...window, countIncludePad: false }, node.name);
}

/** The layout in which `axes` are height and width, if there is one. */
function spatialLayout(axes: readonly number[], shape: Shape): Layout | undefined {
  if (shape.length !== 4) return undefined;
  if (axes.join() === "2,3") return "nchw";
  return axes.join() === "1,2" ? "nhwc" : undefined;
}

/** [outer, reduced, 1, inner]: an image whose height is what is reduced. */
function flatImage(shape: Shape, axes: readonly number[]): Shape {
  const [first, end] = [axes[0]!, axes.at(-1)! + 1];
  const parts = [shape.slice(0, first), shape.slice(first, end), [], shape.slice(end)];
  return parts.map(elementCount);
}

function lowerSum(node: Node<"reduce-sum">, b: Rewriter): NodeId | undefined {
  const mean = lower(node, b);
  if (mean === undefined) return undefined;
  const { shape } = b.typeOf(node.inputs[0]!);
  const count = node.attrs.axes.reduce((product, axis) => product * shape[axis]!, 1);
  return b.add("mul", [mean, b.constant(tensorOf("f32", [], [count]))], {}, node.name);
}
