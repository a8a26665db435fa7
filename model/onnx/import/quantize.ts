/**
 * @file QuantizeLinear and DequantizeLinear, per tensor and per index of an axis.
 *
 * Scales and zero points must be constant: they become part of the types.
 */

import type { DType } from "../../../core/dtype.ts";
import { type Tensor, toNumbers } from "../../../core/tensor.ts";
import type { NodeId, TensorQuantization } from "../../ir/graph.ts";
import { dtypeOfElementType, elementTypeName } from "../element-type.ts";
import type { Importer, ImportNode } from "./context.ts";

export const importQuantizeLinear: Importer = n => {
  const x = n.input(0);
  const zeroPoint = n.optionalConstant(2, "the zero point");
  const scale = n.constantInput(1, "the scale");
  // These concern 8-bit floats, and the precision of the division.
  n.attributes.ignore("saturate", "precision");
  const quantization = readQuantization(n, x, scale, zeroPoint);
  return quantizeTo(n, x, quantization, quantizedType(n, zeroPoint));
};

function quantizedType(n: ImportNode, zeroPoint: Tensor | undefined): DType {
  const code = n.attributes.int("output_dtype", 0);
  if (zeroPoint !== undefined) return zeroPoint.dtype;
  if (code === 0) return "u8";
  const dtype = dtypeOfElementType(code);
  if (dtype !== undefined) return dtype;
  n.fail("onnx/unsupported-type", `quantization to ${elementTypeName(code)} is not supported`, {
    help: "quantize to integers of 2, 4, 8 or 16 bits",
  });
}

export const importDequantizeLinear: Importer = n => {
  const x = n.input(0);
  const scale = n.constantInput(1, "the scale");
  const zeroPoint = n.optionalConstant(2, "the zero point");
  n.attributes.ignore("output_dtype");
  return dequantizeWith(n, x, readQuantization(n, x, scale, zeroPoint));
};

/** Integers of `dtype`; x may be an integer type, as ONNX allows for INT32. */
export function quantizeTo(
  n: ImportNode,
  x: NodeId,
  quantization: TensorQuantization,
  dtype: DType,
): NodeId {
  const real = n.typeOf(x).dtype === "f32" ? x : n.add("cast", [x], { to: "f32" });
  return n.add("quantize", [real], { ...quantization, dtype });
}

/** Constants carry the meaning of their integers; other values get it from the node. */
export function dequantizeWith(n: ImportNode, x: NodeId, quantization: TensorQuantization): NodeId {
  const value = n.constantValue(x);
  if (value !== undefined) return n.add("dequantize", [n.constant(value, quantization)], {});
  const own = n.typeOf(x).quantization;
  const known = own !== undefined && sameQuantization(own, quantization);
  return n.add("dequantize", [x], known ? {} : { quantization });
}

function sameQuantization(a: TensorQuantization, b: TensorQuantization): boolean {
  return (
    a.axis === b.axis &&
    a.scales.join() === b.scales.join() &&
    a.zeroPoints.join() === b.zeroPoints.join()
  );
}

function readQuantization(
  n: ImportNode,
  x: NodeId,
  scale: Tensor,
  zeroPoint: Tensor | undefined,
): TensorQuantization {
  const axis = n.attributes.int("axis", 1);
  if (n.attributes.int("block_size", 0) !== 0 || scale.shape.length > 1) {
    n.unsupported("blocked quantization", "quantize per tensor or per channel");
  }
  return quantizationOf(n, x, axis, scale, zeroPoint);
}

/** One scale: per tensor. Several: per index of `axis`. */
export function quantizationOf(
  n: ImportNode,
  x: NodeId,
  axis: number,
  scale: Tensor,
  zeroPoint: Tensor | undefined,
): TensorQuantization {
  const scales = toNumbers(scale);
  const zeroPoints = zeroPoint === undefined ? scales.map(() => 0) : toNumbers(zeroPoint);
  if (zeroPoints.length !== scales.length) {
    n.fail("graph/bad-shape", `${scales.length} scales, but ${zeroPoints.length} zero points`);
  }
  if (scale.data.length === 1) return { scales, zeroPoints };
  return { scales, zeroPoints, axis: n.axis(axis, n.shapeOf(x).length) };
}
