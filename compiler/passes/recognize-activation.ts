/**
 * @file Recognises activations that exporters write as several ops.
 *
 *     %2 = add %0, 3                       %1 = hard-swish %0
 *     %3 = clamp %2 {max=6 min=0}          return %1
 *     %4 = mul %0, %3
 *     %5 = div %4, 6
 *     return %5
 *
 * Hard swish in all the orders in which its factors occur, and a maximum or
 * minimum with a constant, which is a clamp.
 */

import { sameShape } from "../../core/shape.ts";
import type { Node, NodeId } from "../../model/ir/graph.ts";
import type { Rewriter } from "../../model/ir/rewrite.ts";
import { rewrite } from "../../model/ops/index.ts";
import { uniformValue } from "./channelwise.ts";
import type { Pass } from "./pass.ts";

/** Runs before `fold-affine`, which would take parts of the pattern into weights. */
export const recognizeActivation: Pass = {
  name: "recognize-activation",
  summary: "recognise hard swish and clamps that are written as several ops",
  accuracy: "rounds",
  run: graph =>
    rewrite(graph, {
      mul: hardSwish,
      div: hardSwish,
      max: (node, b) => clampBy(node, b, bound => ({ min: bound, max: Infinity })),
      min: (node, b) => clampBy(node, b, bound => ({ min: -Infinity, max: bound })),
    }),
};

/** factor · (a known function of x). */
interface Scaled {
  readonly x: NodeId;
  readonly factor: number;
}

const CLOSE = 1e-6;

function hardSwish(node: Node<"mul" | "div">, b: Rewriter): NodeId | undefined {
  const product = gatedProduct(node, b);
  if (product === undefined || Math.abs(product.factor - 1 / 6) > CLOSE) return undefined;
  return b.add("hard-swish", [product.x], {}, node.name);
}

/** factor · x · clamp(x + 3, 0, 6) */
function gatedProduct(node: Node, b: Rewriter): Scaled | undefined {
  const scaled = scaledBy(node, b, inner => gatedProduct(inner, b));
  if (scaled !== undefined || node.kind !== "mul") return scaled;
  const [first, second] = node.inputs as [NodeId, NodeId];
  for (const [x, other] of [
    [first, second],
    [second, first],
  ] as const) {
    const found = gate(b.node(other), b);
    if (found?.x === x) return found;
  }
  return undefined;
}

/** factor · clamp(x + 3, 0, 6) */
function gate(node: Node, b: Rewriter): Scaled | undefined {
  if (node.kind === "hard-sigmoid") {
    const { alpha, beta } = node.attrs;
    const fits = Math.abs(alpha - 1 / 6) < CLOSE && Math.abs(beta - 0.5) < CLOSE;
    return fits ? { x: node.inputs[0]!, factor: 1 / 6 } : undefined;
  }
  if (node.kind === "clamp") {
    const sum = b.node(node.inputs[0]!);
    const { min, max } = node.attrs;
    if (sum.kind !== "add" || min !== 0 || max !== 6) return undefined;
    const operand = uniformOperand(sum, b);
    return operand?.value === 3 ? { x: operand.other, factor: 1 } : undefined;
  }
  return scaledBy(node, b, inner => gate(inner, b));
}

/** Looks through a multiplication or division by a constant. */
function scaledBy(
  node: Node,
  b: Rewriter,
  look: (inner: Node) => Scaled | undefined,
): Scaled | undefined {
  if (node.kind !== "mul" && node.kind !== "div") return undefined;
  const operand = uniformOperand(node, b);
  if (operand === undefined || (node.kind === "div" && operand.index === 0)) return undefined;
  const inner = look(b.node(operand.other));
  if (inner === undefined) return undefined;
  const factor = node.kind === "mul" ? operand.value : 1 / operand.value;
  return { x: inner.x, factor: inner.factor * factor };
}

function clampBy(
  node: Node<"max" | "min">,
  b: Rewriter,
  bounds: (value: number) => { readonly min: number; readonly max: number },
): NodeId | undefined {
  const operand = uniformOperand(node, b);
  const type = operand && b.typeOf(operand.other);
  if (type?.dtype !== "f32" || !sameShape(type.shape, node.type.shape)) return undefined;
  return b.add("clamp", [operand!.other], bounds(operand!.value), node.name);
}

function uniformOperand(
  node: Node<"add" | "mul" | "div" | "max" | "min">,
  b: Rewriter,
): { readonly value: number; readonly index: 0 | 1; readonly other: NodeId } | undefined {
  for (const index of [1, 0] as const) {
    const constant = b.constantOf(node.inputs[index]!);
    const value = constant && uniformValue(constant);
    if (value !== undefined) return { value, index, other: node.inputs[1 - index]! };
  }
  return undefined;
}
