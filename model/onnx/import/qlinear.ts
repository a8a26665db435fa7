/**
 * @file QLinearConv and QLinearMatMul: dequantize the operands, compute in
 * f32, quantize the result. Passes turn that into integer ops where they can.
 */

import { numberAt } from "../../../core/tensor.ts";
import type { NodeId, TensorQuantization } from "../../ir/graph.ts";
import type { Importer, ImportNode } from "./context.ts";
import { convolve } from "./conv.ts";
import { multiply } from "./gemm.ts";
import { dequantizeWith, quantizationOf, quantizeTo } from "./quantize.ts";
import { lower, spatialRank } from "./window.ts";

/** Operand `index`, followed by its scale and zero point. */
function quantizationAt(n: ImportNode, index: number, axis: number): TensorQuantization {
  const scale = n.constantInput(index + 1, "the scale");
  const zeroPoint = n.constantInput(index + 2, "the zero point");
  if (scale.shape.length > 1) n.unsupported("blocked quantization", "quantize per channel");
  return quantizationOf(n, n.input(index), axis, scale, zeroPoint);
}

function result(n: ImportNode, y: NodeId): NodeId {
  const scale = n.constantInput(6, "the scale");
  const zeroPoint = n.constantInput(7, "the zero point");
  if (scale.data.length !== 1 || zeroPoint.data.length !== 1) {
    n.unsupported("the result has more than one scale", "quantize activations per tensor");
  }
  const quantization = { scales: [numberAt(scale, 0)], zeroPoints: [numberAt(zeroPoint, 0)] };
  return quantizeTo(n, y, quantization, zeroPoint.dtype);
}

export const importQLinearConv: Importer = n => {
  const x = n.input(0);
  const rank = spatialRank(n, x);
  const input = quantizationAt(n, 0, 1);
  const weights = quantizationAt(n, 3, 0);
  if (input.axis !== undefined) n.unsupported("x has more than one scale", "quantize x per tensor");
  const bias = n.optional(8);
  const y = convolve(
    n,
    dequantizeWith(n, x, input),
    dequantizeWith(n, n.input(3), weights),
    bias === undefined ? undefined : dequantizeWith(n, bias, biasQuantization(input, weights)),
  );
  return lower(n, result(n, y), rank);
};

/** The bias counts in steps of input scale · weight scale. */
function biasQuantization(
  input: TensorQuantization,
  weights: TensorQuantization,
): TensorQuantization {
  const scales = weights.scales.map(scale => Math.fround(input.scales[0]! * scale));
  const zeroPoints = scales.map(() => 0);
  return weights.axis === undefined ? { scales, zeroPoints } : { scales, zeroPoints, axis: 0 };
}

export const importQLinearMatMul: Importer = n => {
  const [a, b] = [n.input(0), n.input(3)];
  const left = dequantizeWith(n, a, quantizationAt(n, 0, -2));
  const right = dequantizeWith(n, b, quantizationAt(n, 3, -1));
  return result(n, multiply(n, left, right, false, false));
};
