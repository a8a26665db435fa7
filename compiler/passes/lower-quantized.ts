/**
 * @file Turns ops between dequantize and quantize into integer ops.
 *
 *     %2 = dequantize %1                   %2 = qconv %1, %w, %bias {epilogue=requantize …}
 *     %3 = conv %2, %w {clamp=[0, 6]}
 *     %4 = quantize %3
 *
 * Convolutions, matrix products, additions and average pools take the clamp
 * behind them along as bounds. A layer whose result nobody quantises, or whose
 * channels differ more than 16-bit multipliers can, ends in a dequantizing
 * epilogue. Any function of single elements becomes a table of
 * its 256 values, a change of scale among them.
 */

import { compose, EVERYTHING, type Interval } from "../../core/interval.ts";
import { quantizeClamp } from "../../core/quantized-layer.ts";
import {
  ADD_RATIO_LIMIT,
  deriveAddRequantization,
  deriveRequantization,
} from "../../core/requantize.ts";
import { sameShape } from "../../core/shape.ts";
import type { Graph, Node, NodeId } from "../../model/ir/graph.ts";
import type { Rewriter } from "../../model/ir/rewrite.ts";
import { rewrite } from "../../model/ops/index.ts";
import { int8Target, integersOf, type Target } from "./dequantization.ts";
import { lookupFor } from "./lookup-table.ts";
import { lowerToFloat, lowerToInt8 } from "./lower-contraction.ts";
import type { Pass } from "./pass.ts";
import { windowsLieInside } from "./windows.ts";

export const lowerQuantized: Pass = {
  name: "lower-quantized",
  summary: "turn ops between dequantize and quantize into integer ops",
  accuracy: "rounds",
  run(graph: Graph): Graph {
    const requantized = rewrite(graph, { quantize: lower });
    // What is left of the layers has no quantize behind it.
    return rewrite(requantized, { conv: lowerToFloat, gemm: lowerToFloat });
  },
};

function lower(node: Node<"quantize">, b: Rewriter): NodeId | undefined {
  const output = int8Target(node);
  if (output === undefined) return undefined;
  const { producer, clamp } = clampedProducer(node.inputs[0]!, b);
  const target = { ...output, ...quantizeClamp(clamp, output) };
  const lowered = b.readers(producer.id) > 1 ? undefined : lowerProducer(producer, target, node, b);
  return lowered ?? lookupFor(node, b);
}

function lowerProducer(
  producer: Node,
  target: Target,
  { name }: Node,
  b: Rewriter,
): NodeId | undefined {
  switch (producer.kind) {
    case "conv":
    case "gemm":
      return lowerToInt8(producer, target, name, b);
    case "add":
      return lowerAdd(producer, target, name, b);
    case "average-pool":
      return lowerAveragePool(producer, target, name, b);
    default:
      return undefined;
  }
}

/** Looks through a clamp that nothing else reads. */
function clampedProducer(
  id: NodeId,
  b: Rewriter,
): { readonly producer: Node; readonly clamp: Interval } {
  const node = b.node(id);
  const isBetween = node.kind === "clamp" && b.readers(id) === 1;
  const producer = isBetween ? b.node(node.inputs[0]!) : node;
  const outer = isBetween ? node.attrs : EVERYTHING;
  const inner =
    producer.kind === "conv" || producer.kind === "gemm" ? producer.attrs.clamp : undefined;
  return { producer, clamp: compose(inner ?? EVERYTHING, outer) };
}

function lowerAdd(
  node: Node<"add">,
  target: Target,
  name: string | undefined,
  b: Rewriter,
): NodeId | undefined {
  const [x, y] = node.inputs.map(id => integersOf(id, b));
  if (x === undefined || y === undefined) return undefined;
  if (!sameShape(b.typeOf(x.id).shape, b.typeOf(y.id).shape)) return undefined;
  const ratios = [x.scale / target.scale, y.scale / target.scale] as const;
  if (Math.max(...ratios) >= ADD_RATIO_LIMIT) return undefined;
  const requantization = deriveAddRequantization(ratios, [x.zeroPoint, y.zeroPoint], target);
  return b.add("qadd", [x.id, y.id], { ...requantization, scale: target.scale }, name);
}

/** The largest |q − zero point| of 8 bits. */
const LARGEST_STEP = 255;

function lowerAveragePool(
  node: Node<"average-pool">,
  target: Target,
  name: string | undefined,
  b: Rewriter,
): NodeId | undefined {
  const x = integersOf(node.inputs[0]!, b);
  const { kernel, strides, pads, dilations, layout } = node.attrs;
  if (x === undefined || pads.some(pad => pad > 0)) return undefined;
  if (!windowsLieInside(node, b.typeOf(x.id).shape)) return undefined;
  const count = kernel[0] * kernel[1];
  const ratio = x.scale / (target.scale * count);
  const requantization = deriveRequantization([ratio], [count * LARGEST_STEP], target);
  const attrs = { kernel, strides, pads, dilations, layout, requantization, scale: target.scale };
  return b.add("qaverage-pool", [x.id], attrs, name);
}
