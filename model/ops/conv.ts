/** @file Convolution in f32; weights may be 8-bit or ternary with a scale per output channel. */

import { clampTo } from "../../core/interval.ts";
import type { OpKind, ValueType } from "../ir/graph.ts";
import { demand, demandBounds, demandF32, demandRank, operandTypes } from "./checks.ts";
import { type ConvGeometry, type Convolution, convolveF32 } from "./convolution.ts";
import { finishF32, roundedBounds, toImage } from "./epilogue.ts";
import type { Op } from "./op.ts";
import { demandBias, demandWeights, scalesOf, verifyTrits } from "./weights.ts";
import { demandWindow, imageOf, shapeOfImage, slide } from "./window.ts";
import { addMeansF32, meansOf, windowSumsF32 } from "./window-sums.ts";

export const conv: Op<"conv"> = {
  kind: "conv",
  summary: "convolution over height and width, in groups, with bias and a fused clamp",

  infer(inputs, attrs) {
    const [x, , bias] = operandTypes("conv", inputs, 2, 3);
    const weights = inputs[1]!;
    demandF32("conv", "x", x!);
    demandWeights("conv", weights, 0);
    const { output } = convolutionOf("conv", x!, weights.type, attrs);
    demandBias("conv", bias, output.channels);
    demandBounds("conv", attrs.clamp);
    return { dtype: "f32", shape: shapeOfImage(output, attrs.layout) };
  },

  verify(inputs) {
    verifyTrits("conv", inputs[1]!);
  },

  evaluate({ inputs, inputTypes, attrs }) {
    const plan = convolutionOf("conv", inputTypes[0]!, inputTypes[1]!, attrs);
    const [x, weights, bias] = inputs.map(input => input.data);
    const scales = scalesOf(inputTypes[1]!);
    const sums = convolveF32(
      plan,
      x as Float32Array,
      new Float32Array(weights as ArrayLike<number>),
    );
    const means = meansOf(inputTypes[1]!);
    const clamp = means === undefined ? attrs.clamp : undefined;
    const { channels } = plan.output;
    finishF32(sums, channels, { scales, bias: bias as Float32Array | undefined, clamp });
    if (means !== undefined) {
      addMeansF32(sums, channels, windowSumsF32(plan, x as Float32Array), means);
      const bounds = roundedBounds(attrs.clamp);
      sums.forEach((y, i) => {
        sums[i] = clampTo(y, bounds);
      });
    }
    return toImage(sums, plan.output, attrs.layout);
  },
};

/** All sizes of a convolution of `x` with weights [M, C/group, kH, kW], checked. */
export function convolutionOf(
  op: OpKind,
  x: ValueType,
  weights: ValueType,
  attrs: ConvGeometry,
): Convolution {
  const input = imageOf(op, x, attrs.layout);
  demandRank(op, "weights", weights, 4);
  demandWindow(op, attrs);
  const { group, kernel } = attrs;
  const [channels, depth, rows, columns] = weights.shape as [number, number, number, number];
  demand(
    Number.isInteger(group) && group >= 1 && input.channels % group === 0 && channels % group === 0,
    op,
    `${group} groups do not divide ${input.channels} input and ${channels} output channels`,
  );
  demand(
    depth === input.channels / group && rows === kernel[0] && columns === kernel[1],
    op,
    `expected weights of shape [M,${input.channels / group},${kernel}], got [${weights.shape}]`,
  );
  const [height, width] = slide(op, input, attrs);
  return { attrs, input, output: { batch: input.batch, channels, height, width } };
}
