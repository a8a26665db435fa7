/**
 * @file y = conv(x, w) + b: grouped, strided, padded, dilated.
 *
 *     dx = convolution of dy with the flipped, transposed w at stride 1,
 *          transposed convolution otherwise
 *     dw = per tap, dy · (what the tap reads of x)ᵀ, summed over the batch
 *     db = Σ dy
 *
 * The matrix product per tap is the fastest of the forms of dw that ONNX
 * Runtime's inference operators allow, unless the engine computes convolutions
 * in blocks: then dw is a convolution too, see `conv-weight-gradient.ts`.
 */

import { InternalError } from "../../../model/diagnostics/diagnostic.ts";
import type { ConvAttributes } from "../../../model/ir/attributes.ts";
import type { NodeId } from "../../../model/ir/graph.ts";
import type { Arithmetic } from "../arithmetic.ts";
import { convolvedGradient, isConvolution } from "../conv-weight-gradient.ts";
import { gradientPerTap } from "../conv-weight-taps.ts";
import type { GradientRule } from "../rule.ts";
import { unreached, type WeightShape } from "../windows.ts";

export const conv: GradientRule<"conv"> = {
  kind: "conv",
  gradient: ({ node, dy, ops, needed, block }) => {
    const { attrs } = node;
    if (attrs.layout !== "nchw" || attrs.clamp !== undefined) {
      throw new InternalError("differentiate: conv must be nchw, without a fused clamp");
    }
    const [x, w] = node.inputs as [NodeId, NodeId];
    return [
      needed(0) ? inputGradient(ops, attrs, x, w, dy) : undefined,
      needed(1) ? weightGradient(ops, attrs, x, w, dy, block) : undefined,
      node.inputs.length > 2 && needed(2) ? ops.sum(dy, [0, 2, 3]) : undefined,
    ];
  },
};

function inputGradient(
  ops: Arithmetic,
  attrs: ConvAttributes,
  x: NodeId,
  w: NodeId,
  dy: NodeId,
): NodeId {
  const { kernel, strides, pads, dilations, group } = attrs;
  const border = pads.map((pad, i) => dilations[i % 2]! * (kernel[i % 2]! - 1) - pad);
  const direct = strides.every(stride => stride === 1) && border.every(pad => pad >= 0);
  if (direct) {
    const turned = flipAndTranspose(ops, w, group);
    const pads = border as unknown as ConvAttributes["pads"];
    return ops.op("conv", [dy, turned], { ...attrs, pads });
  }
  const [, , height, width] = ops.shapeOf(x) as readonly [number, number, number, number];
  const outputPadding = unreached([height, width], attrs);
  return ops.op("conv-transpose", [dy, w], { ...attrs, outputPadding });
}

/** [M, C/g, kH, kW] → [C, M/g, kH, kW], each filter turned by 180°. */
function flipAndTranspose(ops: Arithmetic, w: NodeId, group: number): NodeId {
  const [m, c, rows, columns] = ops.shapeOf(w) as readonly [number, number, number, number];
  const outputs = m / group;
  const starts = [0, 0, rows - 1, columns - 1];
  const flipped =
    rows * columns === 1 ? w : ops.slice(w, starts, [m, c, rows, columns], [1, 1, -1, -1]);
  const grouped = ops.reshape(flipped, [group, outputs, c, rows, columns]);
  const swapped =
    outputs === 1 || c === 1
      ? ops.reshape(grouped, [group, c, outputs, rows, columns])
      : ops.transpose(grouped, [0, 2, 1, 3, 4]);
  return ops.reshape(swapped, [group * c, outputs, rows, columns]);
}

function weightGradient(
  ops: Arithmetic,
  attrs: ConvAttributes,
  x: NodeId,
  w: NodeId,
  dy: NodeId,
  block: number | undefined,
): NodeId {
  const size = ops.shapeOf(w) as WeightShape;
  return block !== undefined && isConvolution(attrs, size, block)
    ? convolvedGradient(ops, attrs, x, dy, size)
    : gradientPerTap(ops, attrs, x, dy, size);
}
