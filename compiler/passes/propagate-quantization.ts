/**
 * @file Keeps data in integers while it is only moved.
 *
 *     %2 = dequantize %1             %2 = max-pool %1
 *     %3 = max-pool %2               %3 = dequantize %2
 *
 * A dequantize sinks below ops that move or select elements, a quantize rises
 * above them, and a pair that meets with the same scale vanishes. A concat of
 * values at one scale stays in integers; at different scales each operand is
 * brought to the scale of the result. Real 0 in a pad becomes the zero point.
 */

import { dtypeRange } from "../../core/dtype.ts";
import type { Quantization } from "../../core/requantize.ts";
import type { OpAttributes } from "../../model/ir/attributes.ts";
import type { Node, NodeId } from "../../model/ir/graph.ts";
import type { Rewriter, Rules } from "../../model/ir/rewrite.ts";
import { rewrite } from "../../model/ops/index.ts";
import { int8Target, integersOf } from "./dequantization.ts";
import { isMovement } from "./elementwise.ts";
import type { Pass } from "./pass.ts";

/** Runs before `lower-quantized`, which looks for a dequantize or quantize right beside an op. */
export const propagateQuantization: Pass = {
  name: "propagate-quantization",
  summary: "keep data in integers while it is only moved",
  accuracy: "exact",
  run: graph => rewrite(graph, RULES),
};

const RULES: Rules = {
  quantize: (node, b) => {
    const target = int8Target(node);
    return target && hoisted(node.inputs[0]!, target, node, b);
  },
  concat: sinkBelowConcat,
  pad: (node, b) => {
    const x = integersOf(node.inputs[0]!, b);
    const attrs = x && integerPad(node.attrs, x);
    return attrs && b.add("dequantize", [b.add("pad", [x.id], attrs, node.name)], {}, node.name);
  },
  any: (node, b) => {
    const x = isMovement(node) ? integersOf(node.inputs[0]!, b) : undefined;
    if (x === undefined) return undefined;
    return b.add("dequantize", [b.add(node.kind, [x.id], node.attrs, node.name)], {}, node.name);
  },
};

function sinkBelowConcat(node: Node<"concat">, b: Rewriter): NodeId | undefined {
  const operands = node.inputs.map(id => integersOf(id, b));
  const first = operands[0];
  const agree = operands.every(x => x?.scale === first?.scale && x?.zeroPoint === first?.zeroPoint);
  if (first === undefined || !agree) return undefined;
  const ids = operands.map(x => x!.id);
  return b.add("dequantize", [b.add("concat", ids, node.attrs, node.name)], {}, node.name);
}

/** The quantised value of `id`, made further up; `undefined` if that is no gain. */
function hoisted(
  id: NodeId,
  target: Quantization,
  quantize: Node<"quantize">,
  b: Rewriter,
): NodeId | undefined {
  const source = b.node(id);
  const x = integersOf(id, b);
  if (x?.scale === target.scale && x.zeroPoint === target.zeroPoint) return x.id;
  if (b.readers(id) > 1) return undefined;
  const above = (input: NodeId): NodeId =>
    hoisted(input, target, quantize, b) ??
    b.add("quantize", [input], quantize.attrs, b.node(input).name);
  if (isMovement(source)) {
    return b.add(source.kind, [above(source.inputs[0]!)], source.attrs, quantize.name);
  }
  if (source.kind === "concat") {
    return b.add("concat", source.inputs.map(above), source.attrs, quantize.name);
  }
  if (source.kind !== "pad") return undefined;
  const attrs = integerPad(source.attrs, target);
  return attrs && b.add("pad", [above(source.inputs[0]!)], attrs, quantize.name);
}

/** The pad of integers, if its value is one of them exactly. */
function integerPad(
  attrs: OpAttributes["pad"],
  { scale, zeroPoint }: Quantization,
): OpAttributes["pad"] | undefined {
  if (attrs.mode !== "constant") return { ...attrs, value: 0 };
  const steps = attrs.value / scale;
  const value = steps + zeroPoint;
  const { min, max } = dtypeRange("i8");
  return Number.isInteger(steps) && value >= min && value <= max ? { ...attrs, value } : undefined;
}
