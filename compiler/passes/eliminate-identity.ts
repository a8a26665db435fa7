/**
 * @file Removes ops that change nothing, and merges pairs that act as one.
 *
 *     %1 = reshape %0 {shape=[4,2]}      %1 = reshape %0 {shape=[2,4]}
 *     %2 = reshape %1 {shape=[2,4]}      return %1
 *     return %2
 *
 * Only what keeps every bit: x + 0 turns −0 into +0, so only x − 0 counts.
 */

import { dtypeRange } from "../../core/dtype.ts";
import { compose } from "../../core/interval.ts";
import { sameShape } from "../../core/shape.ts";
import { tensorOf, toNumbers } from "../../core/tensor.ts";
import type { Node, NodeId } from "../../model/ir/graph.ts";
import type { Rewriter } from "../../model/ir/rewrite.ts";
import { rewrite } from "../../model/ops/index.ts";
import { uniformValue } from "./channelwise.ts";
import type { Pass } from "./pass.ts";

export const eliminateIdentity: Pass = {
  name: "eliminate-identity",
  summary: "remove ops that change nothing, merge pairs that act as one",
  accuracy: "exact",
  run: graph =>
    rewrite(graph, {
      reshape,
      transpose,
      clamp,
      slice: sameAsInput,
      expand: sameAsInput,
      pad: (node, b) => (hasPadding(node) ? undefined : sameAsInput(node, b)),
      cast: (node, b) =>
        b.typeOf(node.inputs[0]!).dtype === node.attrs.to ? node.inputs[0] : undefined,
      lookup,
      "max-pool": unitWindow,
      sub: (node, b) => withNeutral(node, b, 0),
      mul: (node, b) => withNeutral(node, b, 1) ?? withNeutral(swapped(node), b, 1),
      div: (node, b) => withNeutral(node, b, 1),
    }),
};

function reshape(node: Node<"reshape">, b: Rewriter): NodeId | undefined {
  const source = b.node(node.inputs[0]!);
  const { shape } = node.attrs;
  if (sameShape(source.type.shape, shape)) return source.id;
  if (source.kind !== "reshape") return undefined;
  const origin = source.inputs[0]!;
  if (sameShape(b.typeOf(origin).shape, shape)) return origin;
  return b.add("reshape", [origin], { shape }, node.name);
}

function transpose(node: Node<"transpose">, b: Rewriter): NodeId | undefined {
  const { permutation } = node.attrs;
  const source = b.node(node.inputs[0]!);
  if (permutation.every((from, to) => from === to)) return source.id;
  if (movesOnlyUnits(permutation, source.type.shape)) {
    return b.add("reshape", [source.id], { shape: node.type.shape }, node.name);
  }
  if (source.kind !== "transpose") return undefined;
  const inner = source.attrs.permutation;
  const whole = permutation.map(axis => inner[axis]!);
  if (whole.every((from, to) => from === to)) return source.inputs[0];
  return b.add("transpose", source.inputs, { permutation: whole }, node.name);
}

/** Whether dimensions larger than 1 keep their order: the data then stays where it is. */
function movesOnlyUnits(permutation: readonly number[], shape: readonly number[]): boolean {
  const large = permutation.filter(axis => shape[axis]! !== 1);
  return large.every((axis, i) => i === 0 || large[i - 1]! < axis);
}

function clamp(node: Node<"clamp">, b: Rewriter): NodeId | undefined {
  const { attrs } = node;
  const source = b.node(node.inputs[0]!);
  if (attrs.min === -Infinity && attrs.max === Infinity) return source.id;
  if (source.kind !== "clamp") return undefined;
  return b.add("clamp", source.inputs, compose(source.attrs, attrs), node.name);
}

/** One table for two. */
function lookup(node: Node<"lookup">, b: Rewriter): NodeId | undefined {
  const source = b.node(node.inputs[0]!);
  if (source.kind !== "lookup") return undefined;
  const { table, quantization } = node.attrs;
  const values = toNumbers(source.attrs.table).map(q => table.data[q - dtypeRange("i8").min]!);
  const attrs = { table: tensorOf("i8", [values.length], values), quantization };
  return b.add("lookup", source.inputs, attrs, node.name);
}

/** For ops that can only drop or repeat elements: the same shape means the same value. */
function sameAsInput(node: Node<"slice" | "expand" | "pad">, b: Rewriter): NodeId | undefined {
  const backwards = node.kind === "slice" && node.attrs.steps.some(step => step < 0);
  if (backwards || !sameShape(b.typeOf(node.inputs[0]!).shape, node.type.shape)) return undefined;
  return node.inputs[0];
}

function hasPadding({ attrs }: Node<"pad">): boolean {
  return [...attrs.before, ...attrs.after].some(count => count > 0);
}

/** A window of one element at every position. */
function unitWindow(node: Node<"max-pool">): NodeId | undefined {
  const { kernel, strides, pads } = node.attrs;
  const unit = [...kernel, ...strides].every(n => n === 1) && pads.every(n => n === 0);
  return unit ? node.inputs[0] : undefined;
}

function swapped(node: Node<"mul">): Node<"mul"> {
  return { ...node, inputs: node.inputs.toReversed() };
}

/** The first operand, if the second is a constant full of `neutral`. */
function withNeutral(
  node: Node<"sub" | "mul" | "div">,
  b: Rewriter,
  neutral: number,
): NodeId | undefined {
  const [x, y] = node.inputs as [NodeId, NodeId];
  const constant = b.constantOf(y);
  if (constant === undefined || !Object.is(uniformValue(constant), neutral)) return undefined;
  return sameShape(b.typeOf(x).shape, node.type.shape) ? x : undefined;
}
