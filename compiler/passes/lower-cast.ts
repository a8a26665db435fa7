/**
 * @file Reads a cast of 8-bit integers to f32 as a dequantize with scale 1.
 *
 *     %1 = cast %0 {to=f32}      %1 = dequantize %0 {quantization=1}
 *
 * The same values, in the form that kernels have and that quantising builds on.
 */

import { rewrite } from "../../model/ops/index.ts";
import type { Pass } from "./pass.ts";

export const lowerCast: Pass = {
  name: "lower-cast",
  summary: "read a cast of 8-bit integers to f32 as a dequantize with scale 1",
  accuracy: "exact",
  run: graph =>
    rewrite(graph, {
      cast(node, b) {
        const { dtype, quantization } = b.typeOf(node.inputs[0]!);
        const isByte = dtype === "u8" || dtype === "i8";
        if (node.attrs.to !== "f32" || !isByte || quantization !== undefined) return undefined;
        const unit = { scales: [1], zeroPoints: [0] };
        return b.add("dequantize", node.inputs, { quantization: unit }, node.name);
      },
    }),
};
