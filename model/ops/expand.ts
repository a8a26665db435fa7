/** @file Repeats along broadcast dimensions. */

import { broadcastShapes, sameShape } from "../../core/shape.ts";
import { broadcastOffsets } from "./broadcast.ts";
import { demand, demandDims, keptMeaning, operandTypes } from "./checks.ts";
import { take } from "./movement.ts";
import type { Op } from "./op.ts";

/** `shape` is the result's: where ONNX lets x be the larger one, it is already merged. */
export const expand: Op<"expand"> = {
  kind: "expand",
  summary: "x repeated to a larger shape",

  infer(inputs, { shape }) {
    const [x] = operandTypes("expand", inputs, 1);
    demandDims("expand", "a shape", shape);
    const result = broadcastShapes(x!.shape, shape);
    demand(
      result !== undefined && sameShape(result, shape),
      "expand",
      `[${x!.shape}] does not broadcast to [${shape}]`,
    );
    return { ...keptMeaning("expand", "x", x!), shape };
  },

  evaluate({ inputs, type }) {
    const x = inputs[0]!;
    return take(x, type.shape, broadcastOffsets(x.shape, type.shape));
  },
};
