/**
 * @file Convolution of 8-bit activations with 8-bit or ternary weights, in
 * 32-bit integers; a second value may be added to the requantised result.
 */

import { addInt8, additionType } from "./addition.ts";
import { demand, operandTypes } from "./checks.ts";
import { convolutionOf } from "./conv.ts";
import { convolveI32 } from "./convolution.ts";
import { finishI32, toImage } from "./epilogue.ts";
import type { Op } from "./op.ts";
import {
  demandActivations,
  demandEpilogue,
  demandIntegerOperands,
  demandMean,
  epilogueType,
  verifyAccumulators,
  verifyTrits,
} from "./weights.ts";
import { shapeOfImage } from "./window.ts";
import { addMeansI32, windowSumsI32 } from "./window-sums.ts";

export const qconv: Op<"qconv"> = {
  kind: "qconv",
  summary: "integer convolution; the padding reads as the input's zero point",

  infer(inputs, attrs) {
    const [x, , , addend] = operandTypes("qconv", inputs, 3, 4);
    const [, weights, bias] = inputs;
    demandActivations("qconv", "x", x!);
    const { output } = convolutionOf("qconv", x!, weights!.type, attrs);
    demandIntegerOperands("qconv", weights!, bias!, output.channels);
    demandEpilogue("qconv", attrs.epilogue, output.channels);
    demandMean("qconv", attrs.mean, output.channels);
    const result = epilogueType(attrs.epilogue, shapeOfImage(output, attrs.layout));
    const { add } = attrs;
    if (add === undefined && addend === undefined) return result;
    demand(
      add !== undefined && addend !== undefined,
      "qconv",
      `expected an addend and how to add it, got ${add ? "only the latter" : "only an addend"}`,
    );
    demand(
      attrs.epilogue.kind === "requantize",
      "qconv",
      "an addend needs an epilogue that requantizes",
    );
    return additionType(
      "qconv",
      [
        ["the requantized result", result],
        ["an addend", addend],
      ],
      add,
    );
  },

  verify([, weights, bias], { mean }) {
    verifyTrits("qconv", weights!);
    verifyAccumulators("qconv", weights!, bias!, mean);
  },

  evaluate({ inputs, inputTypes, attrs }) {
    const plan = convolutionOf("qconv", inputTypes[0]!, inputTypes[1]!, attrs);
    const [x, weights, bias, addend] = inputs.map(input => input.data);
    const zeroPoint = inputTypes[0]!.quantization!.zeroPoints[0]!;
    const { channels } = plan.output;
    const sums = convolveI32(
      plan,
      x as Int8Array,
      zeroPoint,
      weights as Int8Array,
      bias as Int32Array,
    );
    if (attrs.mean !== undefined) {
      const windows = windowSumsI32(plan, x as Int8Array, zeroPoint);
      addMeansI32(sums, channels, windows, attrs.mean);
    }
    const values = finishI32(sums, channels, attrs.epilogue);
    const image = toImage(values, plan.output, attrs.layout);
    if (attrs.add === undefined) return image;
    const data = addInt8(image.data as Int8Array, addend as Int8Array, attrs.add);
    return { dtype: "i8", shape: image.shape, data };
  },
};
