/**
 * @file Makes every quantised activation a signed 8-bit one.
 *
 *     %1 = quantize %0 {dtype=u8 zeroPoints=[0]}      %1 = quantize %0 {dtype=i8 zeroPoints=[-128]}
 *     %2 = dequantize %1                              %2 = dequantize %1
 *
 * The integer of a u8 value moves by 128, and so does its zero point. Narrower
 * types become i8 too: a clamp keeps their range. A u8 input of the model goes
 * through a table. u8 outputs of the model stay what they are.
 */

import { dtypeRange } from "../../core/dtype.ts";
import { tensorOf } from "../../core/tensor.ts";
import type { Graph, Node, NodeId, TensorQuantization } from "../../model/ir/graph.ts";
import type { Rewriter } from "../../model/ir/rewrite.ts";
import { rewrite } from "../../model/ops/index.ts";
import { addClamp } from "./add-clamp.ts";
import { dequantizationOf } from "./dequantization.ts";
import type { Pass } from "./pass.ts";

/** Runs before the passes that make integer ops: these know i8 only. */
export const signActivations: Pass = {
  name: "sign-activations",
  summary: "make every quantised activation a signed 8-bit one",
  accuracy: "exact",
  run(graph) {
    const outputs = new Set(graph.outputs.map(output => output.id));
    return rewrite(graph, {
      quantize: (node, b) => (outputs.has(node.id) ? undefined : signed(node, graph, b)),
      dequantize: shifted,
    });
  },
};

const U8_SHIFT = 128;

function signed(node: Node<"quantize">, graph: Graph, b: Rewriter): NodeId | undefined {
  const { dtype, scales, zeroPoints, axis } = node.attrs;
  const onlyDequantized = graph.nodes
    .filter(reader => reader.inputs.includes(node.id))
    .every(reader => reader.kind === "dequantize" && reader.attrs.quantization === undefined);
  if (axis !== undefined || !onlyDequantized) return undefined;
  if (dtype === "u8") {
    const attrs = { dtype: "i8" as const, scales, zeroPoints: [zeroPoints[0]! - U8_SHIFT] };
    return b.add("quantize", node.inputs, attrs, node.name);
  }
  if (!["i4", "u4", "i2", "u2"].includes(dtype)) return undefined;
  const range = dtypeRange(dtype);
  const real = (q: number): number => Math.fround((q - zeroPoints[0]!) * scales[0]!);
  const bounds = { min: real(range.min), max: real(range.max) };
  const clamped = addClamp(b, node.inputs[0]!, bounds);
  return b.add("quantize", [clamped], { dtype: "i8", scales, zeroPoints }, node.name);
}

/** A dequantised 8-bit value whose own type is not i8 with this meaning goes through a table. */
function shifted(node: Node<"dequantize">, b: Rewriter): NodeId | undefined {
  const x = node.inputs[0]!;
  const { dtype } = b.typeOf(x);
  const meaning = dequantizationOf(node, b);
  const isBare = dtype === "u8" || (dtype === "i8" && node.attrs.quantization !== undefined);
  if (!isBare || meaning.axis !== undefined || b.node(x).kind === "const") return undefined;
  const shift = dtype === "u8" ? U8_SHIFT : 0;
  const quantization: TensorQuantization = {
    scales: meaning.scales,
    zeroPoints: [meaning.zeroPoints[0]! - shift],
  };
  const values = Array.from({ length: 256 }, (_, i) => i - U8_SHIFT);
  const table = tensorOf("i8", [256], values);
  const signedValue = b.add("lookup", [x], { table, quantization }, b.node(x).name);
  return b.add("dequantize", [signedValue], {}, node.name);
}
