/**
 * @file Integer ops, as the float op between DequantizeLinear and
 * QuantizeLinear: what they approximate, to within their rounding.
 */

import { dtypeRange } from "../../../core/dtype.ts";
import { meanOf } from "../../../core/mean-term.ts";
import { elementCount } from "../../../core/shape.ts";
import { numberAt, type Tensor, tensorOf, toNumbers } from "../../../core/tensor.ts";
import type { Epilogue } from "../../ir/attributes.ts";
import type { Node, NodeId, TensorQuantization } from "../../ir/graph.ts";
import { elementTypeOf } from "../element-type.ts";
import type { ExportGraph } from "./context.ts";
import { clamped, type Exporter } from "./elementwise.ts";
import { dequantized, quantized, quantizedOutput, realOf } from "./quantize.ts";
import { channelFirst, groupOf, windowAttributes } from "./window.ts";

export const exportQConv: Exporter<"qconv"> = (node, e) => {
  const { attrs } = node;
  const [weights, bias] = realParameters(e, node);
  const attributes = { ...windowAttributes(attrs), ...groupOf(attrs.group) };
  const [x, , , addend] = node.inputs;
  const result = finished(e, attrs.epilogue, () =>
    channelFirst(e, attrs.layout, realOf(e, x!), image =>
      e.emit("Conv", [image, weights, bias], attributes),
    ),
  );
  if (attrs.add === undefined || attrs.epilogue.kind !== "requantize") return result;
  const { scale, zeroPoint } = attrs.epilogue;
  const meaning = { scales: [scale], zeroPoints: [zeroPoint] };
  const real = dequantized(e, result, "i8", meaning, 0);
  return quantizedOutput(e, e.emit("Add", [real, realOf(e, addend!)]), attrs.add);
};

export const exportQGemm: Exporter<"qgemm"> = (node, e) => {
  const [weights, bias] = realParameters(e, node);
  const x = realOf(e, node.inputs[0]!);
  return finished(e, node.attrs.epilogue, () =>
    e.emit("Gemm", [x, weights, bias], { transB: { int: 1 } }),
  );
};

function finished(e: ExportGraph, epilogue: Epilogue, sum: () => string): string {
  if (epilogue.kind === "requantize") return quantizedOutput(e, sum(), epilogue);
  return clamped(e, sum(), { dtype: "f32", shape: [] }, epilogue.clamp);
}

/** Weights and bias as reals; the bias without the shares of the input's zero point. */
function realParameters(e: ExportGraph, node: Node<"qconv" | "qgemm">): readonly [string, string] {
  const [x, weightsId, biasId] = node.inputs as [NodeId, NodeId, NodeId];
  const input = e.typeOf(x).quantization!;
  const weights = constantOf(e, weightsId);
  const { mean } = node.attrs;
  const ratios = realRatios(node.attrs.epilogue, input);
  const known = e.typeOf(weightsId).quantization?.scales;
  const scales = known ?? ratios;
  const reals = toNumbers(constantOf(e, biasId)).map((bias, channel) => {
    const [zeroPoint] = input.zeroPoints as readonly [number];
    const depth = elementCount(weights.shape.slice(1));
    const term = mean === undefined ? 0 : meanOf(depth * zeroPoint, mean, channel);
    const sum = bias + zeroPoint * sumOf(weights, channel) + term;
    return sum * input.scales[0]! * scales[known?.length === 1 ? 0 : channel]!;
  });
  const bias = e.constant(tensorOf("f32", [reals.length], reals), "bias");
  if (known !== undefined) return [realOf(e, weightsId), bias];
  const means = mean?.multipliers.map(
    (n, channel) => (n * scales[channel]!) / 2 ** (mean.shift + mean.fraction),
  );
  return [scaled(e, weights, scales, means), bias];
}

function constantOf(e: ExportGraph, id: NodeId): Tensor {
  return (e.node(id) as Node<"const">).attrs.tensor;
}

function sumOf(weights: Tensor, channel: number): number {
  const depth = elementCount(weights.shape.slice(1));
  let sum = 0;
  for (let k = 0; k < depth; k++) sum += numberAt(weights, channel * depth + k);
  return sum;
}

/** The real value of one step of a weight, per channel, where its own type does not say it. */
function realRatios(epilogue: Epilogue, input: TensorQuantization): readonly number[] {
  const steps =
    epilogue.kind === "dequantize"
      ? epilogue.scales
      : epilogue.multipliers.map(m => (m * epilogue.scale) / 2 ** (15 + epilogue.shift));
  return steps.map(step => step / input.scales[0]!);
}

/** Weights without a scale of their own, dequantised along axis 0. */
function scaled(
  e: ExportGraph,
  weights: Tensor,
  scales: readonly number[],
  means: readonly number[] | undefined,
): string {
  const zeroPoints = scales.map(() => 0);
  const meaning = { scales, zeroPoints, axis: 0, ...(means === undefined ? {} : { means }) };
  const { dtype, shape } = weights;
  return dequantized(e, e.constant(weights, "weights"), dtype, meaning, shape.length);
}

export const exportQAdd: Exporter<"qadd"> = (node, e) => {
  const operands = node.inputs.map(id => realOf(e, id));
  return quantizedOutput(e, e.emit("Add", operands), node.attrs);
};

export const exportQAveragePool: Exporter<"qaverage-pool"> = (node, e) => {
  const { attrs } = node;
  const mean = channelFirst(e, attrs.layout, realOf(e, node.inputs[0]!), image =>
    e.emit("AveragePool", [image], windowAttributes(attrs)),
  );
  return quantizedOutput(e, mean, { ...attrs.requantization, scale: attrs.scale });
};

/** The table as reals, picked by the byte's position and quantised: exact. */
export const exportLookup: Exporter<"lookup"> = (node, e) => {
  const x = node.inputs[0]!;
  const { table, quantization } = node.attrs;
  const { min } = dtypeRange(e.typeOf(x).dtype);
  const wide = e.emit("Cast", [e.value(x)], { to: { int: elementTypeOf("i32") } });
  const offset = e.constant(tensorOf("i32", [], [-min]), "offset");
  const index = min === 0 ? wide : e.emit("Add", [wide, offset]);
  const [scale, zeroPoint] = [quantization.scales[0]!, quantization.zeroPoints[0]!];
  const reals = toNumbers(table).map(q => (q - zeroPoint) * Math.fround(scale));
  const picked = e.emit("Gather", [e.constant(tensorOf("f32", [256], reals), "table"), index]);
  return quantized(e, picked, quantization, "i8");
};
